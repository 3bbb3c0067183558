-- How runs went: a list for each job type and version, named by both, and the names in the order in which they were last added to.
-- ARGV: epoch, runs of a list to keep, versions of a type to keep, then for each run: name, type, JSON
local most, versions = tonumber(ARGV[2]), tonumber(ARGV[3])
local types = {}

for place = 4, #ARGV, 3 do
  local name, list = ARGV[place], '{j}:runs:' .. ARGV[place]
  call('RPUSH', list, ARGV[place + 2])
  call('LTRIM', list, -most, -1)
  call('ZADD', '{j}:runs', call('INCR', '{j}:run:nums'), name)
  call('HSET', '{j}:run:types', name, ARGV[place + 1])
  types[ARGV[place + 1]] = true
end

for type in pairs(types) do
  local seen = 0
  for _, name in ipairs(call('ZREVRANGE', '{j}:runs', 0, -1)) do
    if call('HGET', '{j}:run:types', name) == type then
      seen = seen + 1
      if seen > versions then
        call('DEL', '{j}:runs:' .. name)
        call('ZREM', '{j}:runs', name)
        call('HDEL', '{j}:run:types', name)
      end
    end
  end
end
return {'OK'}
