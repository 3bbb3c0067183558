-- How runs went, from which the end of later ones is told. Kept beyond the jobs; bounded for each type whenever some are added.

CREATE TABLE past_runs (
    num INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    version TEXT NOT NULL, -- of the list of stages
    run TEXT NOT NULL -- JSON
);
CREATE INDEX past_runs_by_type ON past_runs (type, version, num);
