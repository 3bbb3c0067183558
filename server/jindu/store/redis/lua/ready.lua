-- The lowest ranks of some types that are due. ARGV: epoch, wall, limit, then shard and type of each. Answers triples: rank, member,
-- shard.
local wall, limit = ARGV[2], tonumber(ARGV[3])
local found = {'OK'}
for place = 4, #ARGV, 2 do
  local prefix, type = tag(ARGV[place]), ARGV[place + 1]
  promote(prefix, type, wall)
  local best = call('ZRANGE', prefix .. 'ready:' .. type, 0, limit - 1, 'WITHSCORES')
  for one = 1, #best, 2 do
    found[#found + 1] = best[one + 1]
    found[#found + 1] = best[one]
    found[#found + 1] = ARGV[place]
  end
end
return found
