-- The first schema. Times are wall-clock seconds since 1970; JSON is UTF-8 text.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Hot: rewritten at each change of a job, so nothing large lives here.
CREATE TABLE jobs (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    owner TEXT,
    key TEXT,
    created_at REAL NOT NULL,
    keep_for REAL NOT NULL,
    expires_at REAL,
    phase TEXT NOT NULL,
    seq INTEGER NOT NULL,
    run INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    crashes INTEGER NOT NULL,
    position INTEGER NOT NULL,
    floor REAL NOT NULL,
    message TEXT NOT NULL,
    priority INTEGER NOT NULL,
    tags TEXT,
    due_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    retry_at REAL,
    holder TEXT,
    results INTEGER NOT NULL,
    result_bytes INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    entered TEXT,
    started_at REAL,
    finished_at REAL,
    error TEXT,
    result_size INTEGER,
    -- Computed, so that they cannot disagree with what they follow from.
    status TEXT GENERATED ALWAYS AS (CASE phase WHEN 'cancelling' THEN 'running' ELSE phase END) VIRTUAL,
    rank REAL GENERATED ALWAYS AS (due_at - priority) VIRTUAL
);

CREATE UNIQUE INDEX jobs_key ON jobs (coalesce(owner, ''), owner IS NULL, type, key) WHERE key IS NOT NULL;
CREATE INDEX jobs_ready ON jobs (type, rank, created_at, id, due_at) WHERE phase = 'pending';
CREATE INDEX jobs_due ON jobs (type, due_at) WHERE phase = 'pending';
CREATE INDEX jobs_expiry ON jobs (expires_at) WHERE phase = 'pending' AND expires_at IS NOT NULL;
CREATE INDEX jobs_kept ON jobs (finished_at + keep_for) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_by_time ON jobs (created_at, id);
CREATE INDEX jobs_by_status ON jobs (status, created_at, id);
CREATE INDEX jobs_by_type ON jobs (type, created_at, id);
CREATE INDEX jobs_by_owner ON jobs (owner, created_at, id) WHERE owner IS NOT NULL;

-- Cold: written once. The plan stands before params: a list reads it without touching the pages of large params.
CREATE TABLE submissions (
    num INTEGER PRIMARY KEY,
    max_attempts INTEGER NOT NULL,
    plan TEXT NOT NULL,
    params BLOB NOT NULL
);

-- The log: every event but progress. What is large and kept elsewhere (params, the end result) is not repeated.
CREATE TABLE events (
    num INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at REAL NOT NULL,
    key, -- of a partial result: text or integer, as given
    data BLOB
);
CREATE UNIQUE INDEX events_by_seq ON events (num, seq);

-- The newest progress event of each job: where the job stood after it.
CREATE TABLE progress (
    num INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    at REAL NOT NULL,
    percent REAL NOT NULL,
    message TEXT NOT NULL
);

CREATE TABLE ends (
    num INTEGER PRIMARY KEY,
    result BLOB NOT NULL
);

CREATE TABLE steps (
    num INTEGER NOT NULL,
    name TEXT NOT NULL,
    value BLOB NOT NULL
);
CREATE UNIQUE INDEX steps_by_name ON steps (num, name);

CREATE TABLE tags (
    tag TEXT NOT NULL,
    num INTEGER NOT NULL,
    PRIMARY KEY (tag, num)
) WITHOUT ROWID;

CREATE TABLE tombstones (
    id TEXT PRIMARY KEY,
    removed_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX tombstones_by_time ON tombstones (removed_at);

-- What `rows.job` reads. CROSS JOIN: the order of the jobs must lead, or SQLite might sort instead of walking an index.
CREATE VIEW listed AS
SELECT
    j.num, j.id, j.type, j.owner, j.key, j.created_at, j.keep_for, j.expires_at,
    j.phase, j.seq, j.run, j.attempt, j.crashes, j.position, j.floor, j.message, j.priority, j.tags, j.due_at,
    j.updated_at, j.retry_at, j.holder, j.results, j.result_bytes, j.lines, j.entered, j.started_at, j.finished_at,
    j.error, j.result_size, s.max_attempts, s.plan, j.status, j.rank
FROM jobs AS j CROSS JOIN submissions AS s ON s.num = j.num;
