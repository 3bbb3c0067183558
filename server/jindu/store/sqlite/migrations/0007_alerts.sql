-- Alerts as operators see them: which rule held, from when to when. Bounded by age and rows whenever one is kept.

CREATE TABLE alerts (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    rule TEXT NOT NULL,
    input TEXT NOT NULL,
    level TEXT NOT NULL,
    value REAL NOT NULL,
    peak REAL NOT NULL,
    threshold REAL NOT NULL,
    fired_at REAL NOT NULL,
    resolved_at REAL,
    told INTEGER NOT NULL
);
