-- Which history this is. Begins a new one when there is none, or when what was acknowledged may be lost: another run of Redis, or
-- another line of replication, unless each write is on the disk before it is answered and no replica could have taken over.
-- KEYS: epoch, facts. ARGV: run id, replication id, a new epoch, '1' if each write is synced, '1' if there are replicas.
local call = redis.call
local epoch = call('GET', KEYS[1])
local facts = call('HMGET', KEYS[2], 'run', 'replication', 'replicas')
local same = facts[1] == ARGV[1] and facts[2] == ARGV[2]
local safe = ARGV[4] == '1' and facts[3] ~= '1' and ARGV[5] ~= '1'
if not epoch or not (same or safe) then
  epoch = ARGV[3]
  call('SET', KEYS[1], epoch)
end
call('HSET', KEYS[2], 'run', ARGV[1], 'replication', ARGV[2])
if ARGV[5] == '1' then call('HSET', KEYS[2], 'replicas', '1') end
return epoch
