-- The leases of one node, and its place among the nodes. ARGV: epoch, seconds, node, what it says of itself (JSON; '' leaves the
-- list, '-' says nothing), then shard, type, id and run of each job it runs. Seconds 0 gives the leases back. Answers the ids that are lost, each
-- behind 'L', those whose lease is over while nobody has taken them yet, behind 'D' (it cannot be renewed: another may have their
-- place among the limits), and those whose end was wished for, behind 'W'.
local lease, node = tonumber(ARGV[2]), ARGV[3]
local moment, answer = now(), {'OK'}
if ARGV[4] == '' then
  call('ZREM', '{j}:nodes', node)
  call('HDEL', '{j}:node', node)
elseif ARGV[4] ~= '-' then
  call('ZADD', '{j}:nodes', moment + lease, node)
  call('HSET', '{j}:node', node, ARGV[4])
end
for place = 5, #ARGV, 4 do
  local prefix, id = tag(ARGV[place]), ARGV[place + 2]
  local leases = prefix .. 'leased:' .. ARGV[place + 1]
  local there = call('HMGET', prefix .. 'job:' .. id, 'r', 'h')
  local till = call('ZSCORE', leases, id)
  if there[1] ~= ARGV[place + 3] or not HELD[there[2]] or not till or tonumber(till) == 0 then
    answer[#answer + 1] = 'L' .. id
  elseif tonumber(till) < moment then
    answer[#answer + 1] = 'D' .. id
  else
    call('ZADD', leases, lease > 0 and moment + lease or 1, id)
    if there[2] == 'cancelling' then answer[#answer + 1] = 'W' .. id end
  end
end
return answer
