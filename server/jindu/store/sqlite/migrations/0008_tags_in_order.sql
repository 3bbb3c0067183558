-- Tags in the order of lists: the newest jobs with a tag are the first of its entries, however many there are.

ALTER TABLE tags RENAME TO tags_by_number;
CREATE TABLE tags (
    tag TEXT NOT NULL,
    at REAL NOT NULL, -- created_at of the job
    job TEXT NOT NULL, -- its id
    num INTEGER NOT NULL,
    PRIMARY KEY (tag, at, job)
) WITHOUT ROWID;
INSERT INTO tags (tag, at, job, num)
SELECT t.tag, j.created_at, j.id, t.num FROM tags_by_number AS t CROSS JOIN jobs AS j ON j.num = t.num;
DROP TABLE tags_by_number;
