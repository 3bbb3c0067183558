-- How runs went, each under a number that rises: {j}:runs hash number -> JSON [type, version, text], {j}:runs:type:T and
-- {j}:runs:version:[T,V] sorted sets of numbers. ARGV: epoch, most of a type and version, most of a type, then type, its version
-- with it, JSON, for each run. The oldest beyond these go.
local function forget(key, most)
  local many = call('ZCARD', key) - tonumber(most)
  if many <= 0 then return end
  for _, number in ipairs(call('ZRANGE', key, 0, many - 1)) do
    local run = cjson.decode(call('HGET', '{j}:runs', number))
    call('HDEL', '{j}:runs', number)
    call('ZREM', '{j}:runs:type:' .. run[1], number)
    call('ZREM', '{j}:runs:version:' .. cjson.encode({run[1], run[2]}), number)
  end
end

for place = 4, #ARGV, 3 do
  local type, version = '{j}:runs:type:' .. ARGV[place], '{j}:runs:version:' .. cjson.encode({ARGV[place], ARGV[place + 1]})
  local number = call('INCR', '{j}:runs:number')
  call('HSET', '{j}:runs', number, ARGV[place + 2])
  call('ZADD', type, number, number)
  call('ZADD', version, number, number)
  forget(version, ARGV[2])
  forget(type, ARGV[3])
end
return {'OK'}
