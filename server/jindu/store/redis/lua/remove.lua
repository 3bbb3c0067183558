-- Remove ended jobs; of each a tombstone stays. ARGV: epoch, wall, then shard and id of each. Answers the ids.
local wall, answer = ARGV[2], {'OK'}
for place = 3, #ARGV, 2 do
  local prefix, id = tag(ARGV[place]), ARGV[place + 1]
  local key = prefix .. 'job:' .. id
  local there = call('HMGET', key, 'h', 'x')
  if ENDS[there[1]] then
    local info = about(key)
    local found, by = lists(prefix, info)
    for _, list in ipairs(found) do call('ZREM', list, info[7]) end
    call('ZREM', by .. 'status:' .. there[1], info[7])
    for _, name in ipairs(cjson.decode(there[2])) do call('ZREM', by .. 'tag:' .. name, info[7]) end
    tallied(prefix, info, there[1], -1)
    for _, list in ipairs({'nums', 'over', 'ended'}) do call('ZREM', prefix .. list, id) end
    if info[6] ~= '' and call('GET', prefix .. 'retry:' .. info[6]) == id then call('DEL', prefix .. 'retry:' .. info[6]) end
    call('DEL', key, prefix .. 'log:' .. id, prefix .. 'steps:' .. id)
    call('SET', prefix .. 'tomb:' .. id, cjson.encode({info[2], info[5]}))
    call('ZADD', prefix .. 'tombs', wall, id)
    answer[#answer + 1] = id
  end
end
return answer
