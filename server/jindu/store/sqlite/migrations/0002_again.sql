-- Submitting again: by key, by the client's id, by hand after an end. What was removed is not made anew.

ALTER TABLE jobs ADD COLUMN fingerprint TEXT; -- of the submit that its key or id must stand for
ALTER TABLE jobs ADD COLUMN retry_of TEXT;
CREATE UNIQUE INDEX jobs_by_retry ON jobs (retry_of) WHERE retry_of IS NOT NULL;

ALTER TABLE tombstones ADD COLUMN type TEXT;
ALTER TABLE tombstones ADD COLUMN owner TEXT;
ALTER TABLE tombstones ADD COLUMN key TEXT;
CREATE INDEX tombstones_by_key ON tombstones (key, type) WHERE key IS NOT NULL;

CREATE TRIGGER jobs_buried BEFORE INSERT ON jobs
WHEN EXISTS (SELECT 1 FROM tombstones WHERE id = NEW.id)
    OR (NEW.key IS NOT NULL AND EXISTS (
        SELECT 1 FROM tombstones WHERE key = NEW.key AND type = NEW.type AND owner IS NEW.owner
    ))
BEGIN
    SELECT RAISE(ABORT, 'a job of this id or key was removed');
END;

DROP VIEW listed;
CREATE VIEW listed AS
SELECT
    j.num, j.id, j.type, j.owner, j.key, j.created_at, j.keep_for, j.expires_at,
    j.phase, j.seq, j.run, j.attempt, j.crashes, j.position, j.floor, j.message, j.priority, j.tags, j.due_at,
    j.updated_at, j.retry_at, j.holder, j.results, j.result_bytes, j.lines, j.entered, j.started_at, j.finished_at,
    j.error, j.result_size, j.fingerprint, j.retry_of, s.max_attempts, s.plan, j.status, j.rank
FROM jobs AS j CROSS JOIN submissions AS s ON s.num = j.num;
