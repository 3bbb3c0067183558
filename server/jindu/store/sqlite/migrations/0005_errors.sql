-- Error contexts: what operators are told of failed attempts. Bounded by age and rows (`sweep`), and not part of a job: it may be
-- removed before somebody asks what its error id stands for.

CREATE TABLE errors (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    job TEXT NOT NULL,
    type TEXT NOT NULL,
    stage TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    run INTEGER NOT NULL,
    code TEXT NOT NULL,
    at REAL NOT NULL,
    exception TEXT NOT NULL,
    message TEXT NOT NULL,
    traceback TEXT NOT NULL
);
CREATE INDEX errors_by_job ON errors (job, num);
CREATE INDEX errors_by_code ON errors (code, num);
CREATE INDEX errors_by_time ON errors (at);
