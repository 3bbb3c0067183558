-- Keep or remove a schedule. ARGV: epoch, what ('add', 'change', 'drop'), id, and of what is kept: version, text, the second at which
-- it falls due, and the second that it holds ('' where there is none, or it is paused). A change needs the stored version to be one
-- below. Answers whether it was done.
local what, id = ARGV[2], ARGV[3]
local key = '{j}:schedules'
local there = call('HGET', key, id)
if (what == 'add') == (there and true or false) then return {'OK', ''} end
if what == 'change' and tonumber(string.match(there, '^(%d+) ')) ~= tonumber(ARGV[4]) - 1 then return {'OK', ''} end
call('ZREM', '{j}:schedule:due', id)
call('ZREM', '{j}:schedule:held', id)
if what == 'drop' then
  call('HDEL', key, id)
  return {'OK', '1'}
end
call('HSET', key, id, ARGV[4] .. ' ' .. ARGV[5])
if ARGV[6] ~= '' then call('ZADD', '{j}:schedule:due', ARGV[6], id) end
if ARGV[7] ~= '' then call('ZADD', '{j}:schedule:held', ARGV[7], id) end
return {'OK', '1'}
