-- name: all
SELECT num FROM jobs WHERE num > ? ORDER BY num LIMIT ?

-- name: open
-- All that is none of the three ends, so also what no phase is called; by ranges of the index.
SELECT num FROM jobs WHERE (
    status < 'cancelled' OR (status > 'cancelled' AND status < 'completed')
    OR (status > 'completed' AND status < 'failed') OR status > 'failed'
) AND num > ? ORDER BY num LIMIT ?

-- name: whole
SELECT l.*, s.params, e.result
FROM listed AS l CROSS JOIN submissions AS s ON s.num = l.num LEFT JOIN ends AS e ON e.num = l.num
WHERE l.num = ?

-- name: id
SELECT id FROM jobs WHERE num = ?

-- name: num_of
SELECT num FROM jobs WHERE id = ?

-- name: log
SELECT seq, kind, at, key, data, NULL, NULL, NULL FROM events WHERE num = ?1
UNION ALL
SELECT seq, 'progress', at, NULL, NULL, percent, message, tally FROM progress WHERE num = ?1
ORDER BY seq

-- name: mend
UPDATE jobs SET
    phase = ?, seq = ?, run = ?, attempt = ?, crashes = ?, position = ?, floor = ?, message = ?, priority = ?,
    tags = ?, due_at = ?, updated_at = ?, retry_at = ?, holder = ?, results = ?, result_bytes = ?, lines = ?, entered = ?,
    started_at = ?, finished_at = ?, error = ?, result_size = ?, tally = ?
WHERE num = ?

-- name: untag
DELETE FROM tags WHERE tag = ?1 AND (at, job) = (SELECT created_at, id FROM jobs WHERE num = ?2)

-- name: tag
INSERT OR IGNORE INTO tags (tag, at, job, num) SELECT ?1, created_at, id, num FROM jobs WHERE num = ?2

-- name: without_result
SELECT num, id FROM jobs AS j WHERE phase = 'completed' AND NOT EXISTS (SELECT 1 FROM ends AS e WHERE e.num = j.num)
