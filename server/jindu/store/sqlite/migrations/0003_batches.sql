-- Batches: rows of `jobs` like any other, with `members`; their jobs name them.

ALTER TABLE jobs ADD COLUMN batch TEXT;
ALTER TABLE jobs ADD COLUMN members INTEGER;
ALTER TABLE jobs ADD COLUMN tally TEXT; -- JSON: how many members there are of each status, in the order of the statuses
ALTER TABLE progress ADD COLUMN tally TEXT;
CREATE INDEX jobs_by_batch ON jobs (batch, created_at, id) WHERE batch IS NOT NULL;
CREATE INDEX jobs_batches ON jobs (created_at, id) WHERE members IS NOT NULL;

DROP VIEW listed;
CREATE VIEW listed AS
SELECT
    j.num, j.id, j.type, j.owner, j.key, j.created_at, j.keep_for, j.expires_at,
    j.phase, j.seq, j.run, j.attempt, j.crashes, j.position, j.floor, j.message, j.priority, j.tags, j.due_at,
    j.updated_at, j.retry_at, j.holder, j.results, j.result_bytes, j.lines, j.entered, j.started_at, j.finished_at,
    j.error, j.result_size, j.fingerprint, j.retry_of, j.batch, j.members, j.tally, s.max_attempts, s.plan, j.status, j.rank
FROM jobs AS j CROSS JOIN submissions AS s ON s.num = j.num;
