-- Who may come in. Of a key only the digest of its secret is kept; revoked ones stay, for a server that had keys is never open again.

CREATE TABLE keys (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    digest BLOB NOT NULL,
    scopes TEXT NOT NULL, -- names between blanks
    owner TEXT,
    created_at REAL NOT NULL,
    expires_at REAL,
    revoked_at REAL
);

-- What tokens are signed with; the newest two are good.
CREATE TABLE signing (
    num INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    secret BLOB NOT NULL,
    made_at REAL NOT NULL
);
