-- Deliveries of webhooks, after their birth (`commit.lua`). ARGV: epoch, what, then
--   'take': now, until, at most so many, fields; answers the fields of each, the longest due first
--   'settle': id, run, state, due, tried at, status, error; only while it waits and has this run; answers whether
--   'again': id, due; answers whether there is such a one
--   'drop': webhook, tried at, error of what waits for it; answers whether there was such a webhook
local what = ARGV[2]

if what == 'take' then
  local answer, fields = {'OK'}, {unpack(ARGV, 6)}
  for _, id in ipairs(call('ZRANGEBYSCORE', '{j}:delivery:due', '-inf', ARGV[3], 'LIMIT', 0, ARGV[5])) do
    local key = '{j}:delivery:' .. id
    call('HINCRBY', key, 'a', 1)
    call('HINCRBY', key, 'r', 1)
    call('HSET', key, 't', ARGV[4])
    call('ZADD', '{j}:delivery:due', ARGV[4], id)
    answer[#answer + 1] = call('HMGET', key, unpack(fields))
  end
  return answer
end

if what == 'settle' then
  local id, key = ARGV[3], '{j}:delivery:' .. ARGV[3]
  local there = call('HMGET', key, 's', 'r')
  if there[1] ~= 'pending' or there[2] ~= ARGV[4] then return {'OK', ''} end
  call('HSET', key, 'd', ARGV[7], 'c', ARGV[8], 'e', ARGV[9])
  delivery_is(id, ARGV[5], ARGV[6])
  return {'OK', '1'}
end

if what == 'again' then
  local id, key = ARGV[3], '{j}:delivery:' .. ARGV[3]
  if call('EXISTS', key) == 0 then return {'OK', ''} end
  call('HSET', key, 'a', '0')
  call('HINCRBY', key, 'r', 1)
  delivery_is(id, 'pending', ARGV[4])
  return {'OK', '1'}
end

local known = call('HDEL', '{j}:webhooks', ARGV[3])
call('ZREM', '{j}:webhook:order', ARGV[3])
for _, id in ipairs(call('ZRANGE', '{j}:delivery:of:webhook:' .. ARGV[3], 0, -1)) do
  local key = '{j}:delivery:' .. id
  local there = call('HMGET', key, 's', 't')
  if there[1] == 'pending' then
    call('HSET', key, 'd', ARGV[4], 'e', ARGV[5])
    delivery_is(id, 'dead', there[2])
  end
end
call('INCR', '{j}:turn')
return {'OK', known == 1 and '1' or ''}
