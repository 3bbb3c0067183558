-- Set a row right: all of its state is put in place, and the job where its phase belongs. ARGV: epoch, shard, id, seq and run that it
-- was looked at, seq, run, crashes, phase, state, tags, "rank due", "finished over" ('' while it is open), seconds of a lease, version.
local prefix, id = tag(ARGV[2]), ARGV[3]
local key = prefix .. 'job:' .. id
local there = call('HMGET', key, 'n', 'r', 'h', 'x')
if there[1] ~= ARGV[4] or there[2] ~= ARGV[5] then return {'OK', 'moved on'} end
local info, phase = about(key), ARGV[9]
local _, by = lists(prefix, info)
for _, status in pairs(STATUS) do call('ZREM', by .. 'status:' .. status, info[7]) end
call('ZADD', by .. 'status:' .. STATUS[phase], 0, info[7])
if STATUS[there[3]] then tallied(prefix, info, there[3], -1) end
tallied(prefix, info, phase, 1)
for _, name in ipairs(cjson.decode(there[4])) do call('ZREM', by .. 'tag:' .. name, info[7]) end
for _, name in ipairs(cjson.decode(ARGV[11])) do call('ZADD', by .. 'tag:' .. name, 0, info[7]) end
call('HSET', key, 'n', ARGV[6], 'r', ARGV[7], 'c', ARGV[8], 'h', phase, 'v', ARGV[15], 'd', ARGV[10], 'x', ARGV[11], 'q', ARGV[12])
wait_no_more(prefix, id, info)
for _, list in ipairs({'over', 'ended'}) do call('ZREM', prefix .. list, id) end
if not HELD[phase] then call('ZREM', prefix .. 'leased:' .. info[1], id) end
if phase == 'pending' then wait(prefix, id, info, ARGV[12]) end
if HELD[phase] and info[4] == 0 then call('ZADD', prefix .. 'leased:' .. info[1], 'NX', now() + tonumber(ARGV[14]), id) end
if ENDS[phase] then
  local finished, over = string.match(ARGV[13], '^(%S+) (%S+)$')
  call('ZREM', prefix .. 'open', id)
  call('ZADD', prefix .. 'over', over, id)
  if info[4] == 0 then call('ZADD', prefix .. 'ended', finished, id) end
else
  call('ZADD', prefix .. 'open', info[8], id)
end
return {'OK', ''}
