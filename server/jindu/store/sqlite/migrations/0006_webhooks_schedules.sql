-- Webhooks, their deliveries, and schedules.

ALTER TABLE submissions ADD COLUMN webhook TEXT; -- of this one job: JSON, see core.webhooks.Hook

CREATE TABLE webhooks (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at REAL NOT NULL,
    events TEXT NOT NULL, -- JSON
    owner TEXT,
    types TEXT NOT NULL, -- JSON
    description TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    former TEXT,
    former_until REAL NOT NULL
);

-- One row for each end and place it is told. Written with the end; due by an index, so that a restart goes on where it was.
CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    job TEXT NOT NULL,
    owner TEXT,
    event TEXT NOT NULL,
    url TEXT NOT NULL,
    created_at REAL NOT NULL,
    due_at REAL NOT NULL,
    webhook TEXT,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    run INTEGER NOT NULL,
    tried_at REAL,
    status INTEGER,
    error TEXT,
    secret TEXT,
    payload BLOB NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 'pending';
CREATE INDEX deliveries_by_state ON deliveries (state, id);
CREATE INDEX deliveries_by_webhook ON deliveries (webhook, id) WHERE webhook IS NOT NULL;
CREATE INDEX deliveries_by_job ON deliveries (job, id);
CREATE INDEX deliveries_by_owner ON deliveries (owner, id) WHERE owner IS NOT NULL;
CREATE INDEX deliveries_settled ON deliveries (id) WHERE state <> 'pending';
CREATE INDEX deliveries_by_age ON deliveries (created_at) WHERE state <> 'pending';

CREATE TABLE schedules (
    id TEXT NOT NULL PRIMARY KEY,
    type TEXT NOT NULL,
    params BLOB NOT NULL,
    cron TEXT,
    every REAL,
    timezone TEXT NOT NULL,
    overlap TEXT NOT NULL,
    missed TEXT NOT NULL,
    owner TEXT,
    priority INTEGER NOT NULL,
    tags TEXT NOT NULL, -- JSON
    declared INTEGER NOT NULL,
    created_at REAL NOT NULL,
    paused INTEGER NOT NULL,
    version INTEGER NOT NULL,
    next_at REAL,
    held_at REAL,
    last_at REAL,
    last_job TEXT,
    runs INTEGER NOT NULL,
    skipped INTEGER NOT NULL
);
CREATE INDEX schedules_due ON schedules (next_at) WHERE paused = 0;
CREATE INDEX schedules_held ON schedules (id) WHERE held_at IS NOT NULL;

DROP VIEW listed;
CREATE VIEW listed AS
SELECT
    j.num, j.id, j.type, j.owner, j.key, j.created_at, j.keep_for, j.expires_at,
    j.phase, j.seq, j.run, j.attempt, j.crashes, j.position, j.floor, j.message, j.priority, j.tags, j.due_at,
    j.updated_at, j.retry_at, j.holder, j.results, j.result_bytes, j.lines, j.entered, j.started_at, j.finished_at,
    j.error, j.result_size, j.fingerprint, j.retry_of, j.batch, j.members, j.tally, s.max_attempts, s.plan, j.status, j.rank,
    s.webhook
FROM jobs AS j CROSS JOIN submissions AS s ON s.num = j.num;
