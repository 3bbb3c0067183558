-- Tombstones and settled deliveries of some shards that were kept long enough. ARGV: epoch, number of tombstones, then home, id and
-- shard of each, then shard and id of each delivery. The directory is in reach on one Redis only; in a cluster it was seen to before
-- (`claim.lua`).
local tombs = tonumber(ARGV[2])
for place = 3, 2 + 3 * tombs, 3 do
  local home, id, prefix = ARGV[place], ARGV[place + 1], tag(ARGV[place + 2])
  local tomb = call('GET', prefix .. 'tomb:' .. id)
  if tomb then
    local key = cjson.decode(tomb)[2]
    if key ~= '' and call('GET', prefix .. 'key:' .. key) == id then call('DEL', prefix .. 'key:' .. key) end
    call('DEL', prefix .. 'tomb:' .. id)
    if WHOLE then call('DEL', tag(home) .. 'dir:' .. id) end
  end
  call('ZREM', prefix .. 'tombs', id)
end

for place = 3 + 3 * tombs, #ARGV, 2 do
  local prefix, id = tag(ARGV[place]), ARGV[place + 1]
  local key = prefix .. 'delivery:' .. id
  local state = call('HGET', key, 's')
  if state and state ~= 'pending' then
    for _, list in ipairs(delivery_lists(prefix, id)) do call('ZREM', list, id) end
    call('ZREM', prefix .. 'delivery:of:state:' .. state, id)
    for _, list in ipairs({'over', 'settled'}) do call('ZREM', prefix .. 'delivery:' .. list, id) end
    call('DEL', key)
  end
end
return {'OK'}
