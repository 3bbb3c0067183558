#!lua
-- Which history a slot holds. A new one begins when there is none, or when what was acknowledged may be lost: another run of Redis,
-- or another line of replication, unless each write is on the disk before it is answered and no replica could have taken over.
-- KEYS: epoch, facts. ARGV: what, run id, replication id, '1' if each write is synced, '1' if there are replicas, then
--   'look': answers the epoch ('' if there is none), and '1' if it is still believed
--   'turn': the epoch that was seen, the epoch that holds from here on; answers '1' if no other was faster
local call = redis.call
local epoch = call('GET', KEYS[1]) or ''
local facts = call('HMGET', KEYS[2], 'run', 'replication', 'replicas')

local function known()
  call('HSET', KEYS[2], 'run', ARGV[2], 'replication', ARGV[3])
  if ARGV[5] == '1' then call('HSET', KEYS[2], 'replicas', '1') end
end

if ARGV[1] == 'look' then
  local same = facts[1] == ARGV[2] and facts[2] == ARGV[3]
  local safe = ARGV[4] == '1' and facts[3] ~= '1' and ARGV[5] ~= '1'
  if epoch == '' or not (same or safe) then return {epoch, ''} end
  known()
  return {epoch, '1'}
end
if epoch ~= ARGV[6] then return {''} end
call('SET', KEYS[1], ARGV[7])
known()
return {'1'}
