-- name: keep
INSERT INTO alerts (id, rule, input, level, value, peak, threshold, fired_at, resolved_at, told)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET peak = excluded.peak, resolved_at = excluded.resolved_at, told = excluded.told

-- name: forget
DELETE FROM alerts WHERE resolved_at <= ?1 OR (resolved_at IS NOT NULL AND num <= (
    SELECT num FROM alerts WHERE resolved_at IS NOT NULL ORDER BY num DESC LIMIT 1 OFFSET ?2
))

-- name: newest
SELECT id, rule, input, level, value, peak, threshold, fired_at, resolved_at, told FROM alerts
ORDER BY resolved_at IS NOT NULL, num DESC LIMIT ?
