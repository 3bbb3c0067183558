-- name: job
SELECT l.*, s.params, e.result
FROM listed AS l CROSS JOIN submissions AS s ON s.num = l.num LEFT JOIN ends AS e ON e.num = l.num
WHERE l.id = ?

-- name: log
SELECT seq, kind, at, key, data, NULL, NULL, NULL FROM events WHERE num = (SELECT num FROM jobs WHERE id = ?1) AND seq > ?2
    AND (?4 IS NULL OR kind = ?4)
UNION ALL
SELECT seq, 'progress', at, NULL, NULL, percent, message, tally FROM progress
WHERE num = (SELECT num FROM jobs WHERE id = ?1) AND seq > ?2 AND (?4 IS NULL OR ?4 = 'progress')
ORDER BY seq LIMIT ?3

-- name: results
SELECT seq, key, data FROM events
WHERE num = (SELECT num FROM jobs WHERE id = ?) AND seq > ? AND kind = 'result' ORDER BY seq LIMIT ?

-- name: steps
SELECT name, value FROM steps WHERE num = (SELECT num FROM jobs WHERE id = ?)

-- name: ready
-- Per type the first few of its own index, then the first few of all, by number alone; then their rows. The length of the
-- queues does not matter.
SELECT l.*, s.params
FROM listed AS l CROSS JOIN submissions AS s ON s.num = l.num
WHERE l.num IN (
    SELECT j.num
    FROM json_each(?1) AS t
    CROSS JOIN jobs AS j ON j.num IN (
        SELECT num FROM jobs INDEXED BY jobs_ready
        WHERE phase = 'pending' AND type = t.value AND due_at <= ?2 ORDER BY rank, created_at, id LIMIT ?3
    )
    ORDER BY j.rank, j.created_at, j.id LIMIT ?3
)
ORDER BY l.rank, l.created_at, l.id

-- name: next_due
SELECT min(due) FROM (
    SELECT (SELECT min(due_at) FROM jobs WHERE phase = 'pending' AND type = t.value AND due_at > ?2) AS due
    FROM json_each(?1) AS t
)

-- name: orphans
SELECT l.*, s.params FROM listed AS l CROSS JOIN submissions AS s ON s.num = l.num
WHERE l.status = 'running' AND l.holder IS NOT ? AND l.members IS NULL ORDER BY l.created_at, l.id

-- name: expired
SELECT l.*, s.params FROM listed AS l CROSS JOIN submissions AS s ON s.num = l.num
WHERE l.phase = 'pending' AND l.expires_at IS NOT NULL AND l.expires_at <= ? ORDER BY l.expires_at LIMIT ?

-- name: counts
-- Of jobs alone: all rows by their index, less the batches, of which there are few.
SELECT status, sum(number) FROM (
    SELECT status, count(*) AS number FROM jobs GROUP BY status
    UNION ALL
    SELECT status, -count(*) FROM jobs INDEXED BY jobs_batches WHERE members IS NOT NULL GROUP BY status
) GROUP BY status

-- name: tally
SELECT type, status, count(*) FROM jobs WHERE members IS NULL AND (?1 IS NULL OR owner = ?1) GROUP BY type, status

-- name: ahead
SELECT count(*) FROM jobs INDEXED BY jobs_ready
WHERE phase = 'pending' AND type = ? AND due_at <= ? AND (rank, created_at, id) < (?, ?, ?)

-- name: retries
SELECT retry_of, id FROM jobs WHERE retry_of IN (SELECT value FROM json_each(?))

-- name: finished
SELECT id FROM jobs AS j WHERE finished_at <= ?1 AND (?2 IS NULL OR status = ?2) AND (?4 IS NULL OR owner = ?4)
    AND members IS NULL
    AND NOT EXISTS (SELECT 1 FROM jobs AS b WHERE b.id = j.batch AND b.finished_at IS NULL)
LIMIT ?3

-- name: tombstone
SELECT 1 FROM tombstones WHERE id = ?

-- name: context
SELECT id, job, type, stage, attempt, run, code, at, exception, message, traceback FROM errors WHERE id = ?
