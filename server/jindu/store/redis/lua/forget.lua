-- Tombstones, error contexts and settled deliveries that were kept long enough. ARGV: epoch, contexts before, number of contexts,
-- deliveries before, number of deliveries, then home, id and shard of each tombstone that goes.
local contexts, rows = ARGV[2], tonumber(ARGV[3])
for place = 6, #ARGV, 3 do
  local home, id, prefix = ARGV[place], ARGV[place + 1], tag(ARGV[place + 2])
  local tomb = call('GET', prefix .. 'tomb:' .. id)
  if tomb then
    local key = cjson.decode(tomb)[2]
    if key ~= '' and call('GET', prefix .. 'key:' .. key) == id then call('DEL', prefix .. 'key:' .. key) end
    call('DEL', prefix .. 'tomb:' .. id, tag(home) .. 'dir:' .. id)
  end
  call('ZREM', prefix .. 'tombs', id)
end

local function forgotten(ids)
  for _, id in ipairs(ids) do
    local old = cjson.decode(call('HGET', '{j}:contexts', id))
    call('HDEL', '{j}:contexts', id)
    call('HDEL', '{j}:context:bodies', id)
    call('ZREM', '{j}:context:all', id)
    call('ZREM', '{j}:context:at', id)
    call('ZREM', '{j}:context:job:' .. old[1], id)
    call('ZREM', '{j}:context:code:' .. old[2], id)
  end
end
forgotten(call('ZRANGEBYSCORE', '{j}:context:at', '-inf', contexts))
local many = call('ZCARD', '{j}:context:all') - rows
if many > 0 then forgotten(call('ZRANGE', '{j}:context:all', 0, many - 1)) end

local function dropped(ids)
  for _, id in ipairs(ids) do
    for _, list in ipairs(delivery_lists(id)) do call('ZREM', list, id) end
    call('ZREM', '{j}:delivery:of:state:' .. call('HGET', '{j}:delivery:' .. id, 's'), id)
    for _, list in ipairs({'over', 'settled'}) do call('ZREM', '{j}:delivery:' .. list, id) end
    call('DEL', '{j}:delivery:' .. id)
  end
end
local AT_ONCE = 5000
dropped(call('ZRANGEBYSCORE', '{j}:delivery:settled', '-inf', ARGV[4], 'LIMIT', 0, AT_ONCE))
many = math.min(call('ZCARD', '{j}:delivery:over') - tonumber(ARGV[5]), AT_ONCE)
if many > 0 then dropped(call('ZRANGE', '{j}:delivery:over', 0, many - 1)) end
return {'OK'}
