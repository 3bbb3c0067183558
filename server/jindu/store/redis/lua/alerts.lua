-- The history of alerts. Each is of one node; what was active on a node that is gone passes to the one that asks first.
-- ARGV: epoch, what, node, then
--   'keep': id, JSON, second at which it resolved ('' while it is active), resolved until, most of these to keep
--   'read': at most so many; answers their texts, those that are active here first
local what, node, moment = ARGV[2], ARGV[3], now()

local function forgotten(ids)
  for _, id in ipairs(ids) do
    call('HDEL', '{j}:alerts', id)
    for _, list in ipairs({'over', 'resolved', 'num'}) do call('ZREM', '{j}:alert:' .. list, id) end
  end
end

if what == 'keep' then
  local id = ARGV[4]
  if call('HSET', '{j}:alerts', id, ARGV[5]) == 1 then call('ZADD', '{j}:alert:num', call('INCR', '{j}:alert:nums'), id) end
  if ARGV[6] == '' then
    call('HSET', '{j}:alert:active', id, node)
    for _, list in ipairs({'over', 'resolved'}) do call('ZREM', '{j}:alert:' .. list, id) end
  else
    call('HDEL', '{j}:alert:active', id)
    call('ZADD', '{j}:alert:over', call('ZSCORE', '{j}:alert:num', id), id)
    call('ZADD', '{j}:alert:resolved', ARGV[6], id)
  end
  forgotten(call('ZRANGEBYSCORE', '{j}:alert:resolved', '-inf', ARGV[7]))
  local many = call('ZCARD', '{j}:alert:over') - tonumber(ARGV[8])
  if many > 0 then forgotten(call('ZRANGE', '{j}:alert:over', 0, many - 1)) end
  return {'OK'}
end

local active = {}
local kept = call('HGETALL', '{j}:alert:active')
for place = 1, #kept, 2 do
  local id, of = kept[place], kept[place + 1]
  if of ~= node then
    local till = call('ZSCORE', '{j}:nodes', of)
    if not till or tonumber(till) < moment then
      call('HSET', '{j}:alert:active', id, node)
      of = node
    end
  end
  if of == node then active[#active + 1] = {tonumber(call('ZSCORE', '{j}:alert:num', id)), id} end
end
table.sort(active, function(a, b) return a[1] > b[1] end)
local answer, most = {'OK'}, tonumber(ARGV[4])
for place = 1, math.min(most, #active) do answer[#answer + 1] = call('HGET', '{j}:alerts', active[place][2]) end
if #active < most then
  for _, id in ipairs(call('ZREVRANGE', '{j}:alert:over', 0, most - #active - 1)) do
    answer[#answer + 1] = call('HGET', '{j}:alerts', id)
  end
end
return answer
