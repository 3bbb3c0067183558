-- name: all
SELECT id, type, params, created_at, cron, every, timezone, overlap, missed, owner, priority, tags, declared, paused, version,
    next_at, held_at, last_at, last_job, runs, skipped
FROM schedules ORDER BY id

-- name: one
SELECT id, type, params, created_at, cron, every, timezone, overlap, missed, owner, priority, tags, declared, paused, version,
    next_at, held_at, last_at, last_job, runs, skipped
FROM schedules WHERE id = ?

-- name: due
SELECT id, type, params, created_at, cron, every, timezone, overlap, missed, owner, priority, tags, declared, paused, version,
    next_at, held_at, last_at, last_job, runs, skipped
FROM schedules WHERE id IN (
    SELECT id FROM schedules WHERE paused = 0 AND next_at <= ?1
    UNION ALL
    SELECT id FROM schedules WHERE held_at IS NOT NULL AND paused = 0
)
ORDER BY coalesce(held_at, next_at), id LIMIT ?2

-- name: add
INSERT OR IGNORE INTO schedules (
    type, params, created_at, cron, every, timezone, overlap, missed, owner, priority, tags, declared, paused, next_at, held_at,
    last_at, last_job, runs, skipped, version, id
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: change
UPDATE schedules SET type = ?1, params = ?2, created_at = ?3, cron = ?4, every = ?5, timezone = ?6, overlap = ?7, missed = ?8,
    owner = ?9, priority = ?10, tags = ?11, declared = ?12, paused = ?13, next_at = ?14, held_at = ?15, last_at = ?16,
    last_job = ?17, runs = ?18, skipped = ?19, version = ?20
WHERE id = ?21 AND version = ?20 - 1

-- name: drop
DELETE FROM schedules WHERE id = ?
