-- Deliveries of webhooks in one shard, after their birth (`commit.lua`). ARGV: epoch, what, shard, then
--   'take': now, until, number of ids, the ids, fields; answers the fields of each that is still due
--   'settle': id, run, state, due, tried at, status, error; only while it waits and has this run; answers whether
--   'again': id, due; answers whether there is such a one
--   'drop': webhook, tried at, error of what waits for it
local what, prefix = ARGV[2], tag(ARGV[3])

if what == 'take' then
  local number = tonumber(ARGV[6])
  local answer, fields = {'OK'}, {unpack(ARGV, 7 + number)}
  for place = 7, 6 + number do
    local id = ARGV[place]
    local due = call('ZSCORE', prefix .. 'delivery:due', id)
    if due and tonumber(due) <= tonumber(ARGV[4]) then
      local key = prefix .. 'delivery:' .. id
      call('HINCRBY', key, 'a', 1)
      call('HINCRBY', key, 'r', 1)
      call('HSET', key, 't', ARGV[5])
      call('ZADD', prefix .. 'delivery:due', ARGV[5], id)
      answer[#answer + 1] = call('HMGET', key, unpack(fields))
    end
  end
  return answer
end

if what == 'settle' then
  local id, key = ARGV[4], prefix .. 'delivery:' .. ARGV[4]
  local there = call('HMGET', key, 's', 'r')
  if there[1] ~= 'pending' or there[2] ~= ARGV[5] then return {'OK', ''} end
  call('HSET', key, 'd', ARGV[8], 'c', ARGV[9], 'e', ARGV[10])
  delivery_is(prefix, id, ARGV[6], ARGV[7])
  return {'OK', '1'}
end

if what == 'again' then
  local id, key = ARGV[4], prefix .. 'delivery:' .. ARGV[4]
  if call('EXISTS', key) == 0 then return {'OK', ''} end
  call('HSET', key, 'a', '0')
  call('HINCRBY', key, 'r', 1)
  delivery_is(prefix, id, 'pending', ARGV[5])
  return {'OK', '1'}
end

for _, id in ipairs(call('ZRANGE', prefix .. 'delivery:of:webhook:' .. ARGV[4], 0, -1)) do
  local key = prefix .. 'delivery:' .. id
  local there = call('HMGET', key, 's', 't')
  if there[1] == 'pending' then
    call('HSET', key, 'd', ARGV[5], 'e', ARGV[6])
    delivery_is(prefix, id, 'dead', there[2])
  end
end
return {'OK'}
