-- name: over
-- What has ended and was kept long enough; not the jobs of a batch that is open, which is counted from them.
SELECT num, id, tags, type, owner, key FROM jobs AS j WHERE finished_at IS NOT NULL AND finished_at + keep_for <= ?
    AND NOT EXISTS (SELECT 1 FROM jobs AS b WHERE b.id = j.batch AND b.finished_at IS NULL)
ORDER BY finished_at + keep_for LIMIT ?

-- name: ended
SELECT num, id, tags, type, owner, key FROM jobs AS j
WHERE id IN (SELECT value FROM json_each(?)) AND finished_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM jobs AS b WHERE b.id = j.batch AND b.finished_at IS NULL)

-- name: bury
INSERT OR REPLACE INTO tombstones (id, removed_at, type, owner, key) VALUES (?, ?, ?, ?, ?)

-- name: forget
DELETE FROM tombstones WHERE removed_at <= ?

-- name: drop_job
DELETE FROM jobs WHERE num = ?

-- name: drop_submission
DELETE FROM submissions WHERE num = ?

-- name: drop_events
DELETE FROM events WHERE num = ?

-- name: drop_progress
DELETE FROM progress WHERE num = ?

-- name: drop_end
DELETE FROM ends WHERE num = ?

-- name: drop_steps
DELETE FROM steps WHERE num = ?

-- name: untag
DELETE FROM tags WHERE tag = ?1 AND (at, job) = (SELECT created_at, id FROM jobs WHERE num = ?2)

-- name: forget_errors
DELETE FROM errors WHERE at <= ?

-- name: bound_errors
DELETE FROM errors WHERE num <= (SELECT num FROM errors ORDER BY num DESC LIMIT 1 OFFSET ?)
