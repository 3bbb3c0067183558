-- name: born
INSERT INTO jobs (
    num, id, type, owner, key, created_at, keep_for, expires_at,
    phase, seq, run, attempt, crashes, position, floor, message, priority, tags, due_at,
    updated_at, retry_at, holder, results, result_bytes, lines, entered, started_at, finished_at, error, result_size,
    fingerprint, retry_of, batch, members, tally
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: submission
INSERT INTO submissions (num, max_attempts, plan, params, webhook) VALUES (?, ?, ?, ?, ?)

-- name: moved
-- Any change. `crashes` is moved by a difference: a step may have set it to 0 without the caller's knowledge.
WITH new (
    phase, seq, run, attempt, crashes, position, floor, message, priority, tags, due_at, updated_at, retry_at, holder, results,
    result_bytes, lines, entered, started_at, finished_at, error, result_size, num, from_seq, from_run
) AS (
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
)
UPDATE jobs SET
    phase = new.phase, seq = new.seq, run = new.run, attempt = new.attempt, crashes = jobs.crashes + new.crashes,
    position = new.position, floor = new.floor, message = new.message, priority = new.priority, tags = new.tags,
    due_at = new.due_at, updated_at = new.updated_at, retry_at = new.retry_at, holder = new.holder, results = new.results,
    result_bytes = new.result_bytes, lines = new.lines, entered = new.entered, started_at = new.started_at,
    finished_at = new.finished_at, error = new.error, result_size = new.result_size
FROM new WHERE jobs.num = new.num AND jobs.seq = new.from_seq AND jobs.run = new.from_run

-- name: advanced
-- A change within a phase: no column that an index looks at.
WITH new (
    seq, position, floor, message, updated_at, results, result_bytes, lines, entered, tally, num, from_seq, from_run
) AS (
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
)
UPDATE jobs SET
    seq = new.seq, position = new.position, floor = new.floor, message = new.message, updated_at = new.updated_at,
    results = new.results, result_bytes = new.result_bytes, lines = new.lines, entered = new.entered, tally = new.tally
FROM new WHERE jobs.num = new.num AND jobs.seq = new.from_seq AND jobs.run = new.from_run

-- name: event
INSERT INTO events (num, seq, kind, at, key, data) VALUES (?, ?, ?, ?, ?, ?)

-- name: progress
INSERT OR REPLACE INTO progress (num, seq, at, percent, message, tally) VALUES (?, ?, ?, ?, ?, ?)

-- name: end
INSERT INTO ends (num, result) VALUES (?, ?)

-- name: step_fence
-- Counts as a row only while the run is on; `crashes` falls to 0 with a new step, not with one that is there already.
UPDATE jobs SET crashes = CASE WHEN EXISTS (SELECT 1 FROM steps WHERE num = ?1 AND name = ?2) THEN crashes ELSE 0 END
WHERE num = ?1 AND run = ?3 AND phase IN ('running', 'cancelling')

-- name: step
INSERT OR IGNORE INTO steps (num, name, value) VALUES (?, ?, ?)

-- name: note
INSERT OR REPLACE INTO errors (id, job, type, stage, attempt, run, code, at, exception, message, traceback)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: deliver
INSERT INTO deliveries (
    id, job, owner, event, url, created_at, due_at, webhook, state, attempts, run, tried_at, status, error, secret, payload
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: inherit
INSERT OR IGNORE INTO steps (num, name, value)
SELECT ?, name, value FROM steps WHERE num = (SELECT num FROM jobs WHERE id = ?)

-- name: tag
INSERT OR IGNORE INTO tags (tag, at, job, num) SELECT ?1, created_at, id, num FROM jobs WHERE num = ?2

-- name: untag
DELETE FROM tags WHERE tag = ?1 AND (at, job) = (SELECT created_at, id FROM jobs WHERE num = ?2)

-- name: num_of
SELECT num FROM jobs WHERE id = ?

-- name: last_num
SELECT coalesce(max(num), 0) FROM jobs

-- name: twin
-- The job that is in the way of a new one.
SELECT id FROM jobs WHERE id = ?1
UNION ALL
SELECT id FROM jobs
WHERE key = ?4 AND key IS NOT NULL AND coalesce(owner, '') = coalesce(?2, '') AND (owner IS NULL) = (?2 IS NULL) AND type = ?3
UNION ALL
SELECT id FROM jobs WHERE retry_of = ?5
LIMIT 1

-- name: buried
SELECT id FROM tombstones WHERE id = ?1 OR (key = ?4 AND type = ?3 AND owner IS ?2) LIMIT 1
