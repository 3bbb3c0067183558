-- Keep jobs for who will claim them at once: the lowest ranks of all types that have room, which counts the leases that live, of all
-- nodes. ARGV: epoch, '' or 'look' (keeps nothing), wall, limit, seconds of a lease, then shard, type and jobs at once of each.
-- Answers triples: rank, member, shard.
local wall, limit, lease = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local moment, found = now(), {}
for place = 6, #ARGV, 3 do
  local shard, type = ARGV[place], ARGV[place + 1]
  local prefix = tag(shard)
  local live = call('ZCOUNT', prefix .. 'leased:' .. type, moment, '+inf')
  local room = math.min(tonumber(ARGV[place + 2]) - live, limit)
  if room > 0 and call('SISMEMBER', prefix .. 'paused', type) == 0 then
    promote(prefix, type, wall)
    local best = call('ZRANGE', prefix .. 'ready:' .. type, 0, room - 1, 'WITHSCORES')
    for one = 1, #best, 2 do found[#found + 1] = {tonumber(best[one + 1]), best[one], shard, type, best[one + 1]} end
  end
end
table.sort(found, function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end)
local answer = {'OK'}
for place = 1, math.min(limit, #found) do
  local _, member, shard, type, rank = unpack(found[place])
  if ARGV[2] == '' then
    local prefix = tag(shard)
    call('ZREM', prefix .. 'ready:' .. type, member)
    call('ZREM', prefix .. 'due:' .. type, member)
    call('ZADD', prefix .. 'leased:' .. type, moment + lease, string.sub(member, 19))
  end
  for _, part in ipairs({rank, member, shard}) do answer[#answer + 1] = part end
end
return answer
