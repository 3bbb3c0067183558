-- name: add
INSERT INTO past_runs (type, version, run) VALUES (?, ?, ?)

-- name: forget
DELETE FROM past_runs WHERE type = ?1 AND version = ?2 AND num <= (
    SELECT num FROM past_runs WHERE type = ?1 AND version = ?2 ORDER BY num DESC LIMIT 1 OFFSET ?3
)

-- name: forget_of_type
DELETE FROM past_runs WHERE type = ?1 AND num <= (
    SELECT num FROM past_runs WHERE type = ?1 ORDER BY num DESC LIMIT 1 OFFSET ?2
)

-- name: all
SELECT type, version, run FROM past_runs ORDER BY num
