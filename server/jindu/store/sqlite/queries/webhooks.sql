-- name: all
SELECT id, url, secret, created_at, events, owner, types, description, enabled, former, former_until
FROM webhooks ORDER BY num

-- name: put
INSERT INTO webhooks (id, url, secret, created_at, events, owner, types, description, enabled, former, former_until)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET url = excluded.url, secret = excluded.secret, created_at = excluded.created_at,
    events = excluded.events, owner = excluded.owner, types = excluded.types, description = excluded.description,
    enabled = excluded.enabled, former = excluded.former, former_until = excluded.former_until

-- name: drop
DELETE FROM webhooks WHERE id = ?

-- name: orphan
UPDATE deliveries SET state = 'dead', error = 'the webhook was removed', tried_at = ? WHERE webhook = ? AND state = 'pending'

-- name: take
UPDATE deliveries SET due_at = ?2, attempts = attempts + 1, run = run + 1
WHERE state = 'pending' AND id IN (
    SELECT id FROM deliveries INDEXED BY deliveries_due WHERE state = 'pending' AND due_at <= ?1 ORDER BY due_at, id LIMIT ?3
)
RETURNING id, job, owner, event, url, created_at, due_at, webhook, state, attempts, run, tried_at, status, error, secret, payload

-- name: next
SELECT min(due_at) FROM deliveries WHERE state = 'pending'

-- name: settle
UPDATE deliveries SET state = ?, due_at = ?, tried_at = ?, status = ?, error = ? WHERE id = ? AND run = ? AND state = 'pending'

-- name: again
UPDATE deliveries SET state = 'pending', due_at = ?, attempts = 0, run = run + 1 WHERE id = ?

-- name: one
SELECT id, job, owner, event, url, created_at, due_at, webhook, state, attempts, run, tried_at, status, error, secret, payload
FROM deliveries WHERE id = ?

-- name: forget
DELETE FROM deliveries WHERE state <> 'pending' AND created_at <= ?

-- name: bound
DELETE FROM deliveries WHERE state <> 'pending' AND id <= (
    SELECT id FROM deliveries WHERE state <> 'pending' ORDER BY id DESC LIMIT 1 OFFSET ?
)
