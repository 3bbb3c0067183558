-- Keep jobs for who will claim them at once: the lowest ranks of all types that have room, which counts the leases that live, of all
-- nodes. ARGV: epoch, wall, limit, seconds of a lease, then shard, type and jobs at once of each. Answers pairs: member, shard.
local wall, limit, lease = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local moment, found = now(), {}
for place = 5, #ARGV, 3 do
  local shard, type = ARGV[place], ARGV[place + 1]
  local prefix = tag(shard)
  local live = call('ZCOUNT', prefix .. 'leased:' .. type, moment, '+inf')
  local room = math.min(tonumber(ARGV[place + 2]) - live, limit)
  if room > 0 and call('SISMEMBER', '{j}:paused', type) == 0 then
    promote(prefix, type, wall)
    local best = call('ZRANGE', prefix .. 'ready:' .. type, 0, room - 1, 'WITHSCORES')
    for one = 1, #best, 2 do found[#found + 1] = {tonumber(best[one + 1]), best[one], shard, type} end
  end
end
table.sort(found, function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end)
local answer = {'OK'}
for place = 1, math.min(limit, #found) do
  local _, member, shard, type = unpack(found[place])
  local prefix, id = tag(shard), string.sub(member, 19)
  call('ZREM', prefix .. 'ready:' .. type, member)
  call('ZREM', prefix .. 'due:' .. type, member)
  call('ZADD', prefix .. 'leased:' .. type, moment + lease, id)
  answer[#answer + 1] = member
  answer[#answer + 1] = shard
end
return answer
