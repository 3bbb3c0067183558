-- Keep a webhook, a new one or all fields of one that is there, or remove it. ARGV: epoch, id, JSON ('' removes). Answers whether it
-- was known.
local known
if ARGV[3] == '' then
  known = call('HDEL', '{j}:webhooks', ARGV[2]) == 1
  call('ZREM', '{j}:webhook:order', ARGV[2])
else
  known = call('HSET', '{j}:webhooks', ARGV[2], ARGV[3]) == 0
  if not known then call('ZADD', '{j}:webhook:order', call('INCR', '{j}:webhook:num'), ARGV[2]) end
end
call('INCR', '{j}:turn')
return {'OK', known and '1' or ''}
