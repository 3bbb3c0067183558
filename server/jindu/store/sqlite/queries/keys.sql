-- name: all
SELECT id, name, digest, scopes, owner, created_at, expires_at, revoked_at FROM keys ORDER BY created_at, rowid

-- name: add
INSERT OR IGNORE INTO keys (id, name, digest, scopes, owner, created_at, expires_at, revoked_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: revoke
UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?

-- name: signing
SELECT id, secret, made_at FROM signing ORDER BY num DESC LIMIT 2

-- name: sign_with
INSERT INTO signing (id, secret, made_at) VALUES (?, ?, ?)

-- name: forget_older
DELETE FROM signing WHERE num NOT IN (SELECT num FROM signing ORDER BY num DESC LIMIT 2)

-- name: owned
SELECT id, owner, CASE WHEN members IS NULL THEN 'job' ELSE 'batch' END, batch FROM jobs WHERE id = ?1
UNION ALL
SELECT id, owner, 'gone', NULL FROM tombstones WHERE id = ?1
LIMIT 1
