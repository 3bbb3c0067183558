-- Births of several slots that are kept or refused as one, by the token of their change (`across.py`). Each slot prepares its rows,
-- which hold ids and keys and are in no list; the slot of the first birth decides; then the others admit theirs, or undo them. All of
-- it may be asked for again. ARGV: epoch, what, token, then
--   'possible', 'prepare', 'decide': the shard that decides, number of births, the births. Answers '', or why not and the place of the
--     guilty one; 'decide' also of what was decided before
--   'verdict': decides that it is not to be, if nothing is decided yet. Answers 'yes', or why not
--   'admit', 'undo': the shard that decides
local what, token = ARGV[2], ARGV[3]
local decided, prepared = HERE .. 'decided:' .. token, HERE .. 'undecided:' .. token
local REMEMBERED = 2592000 -- seconds

local function undone(id, key, info)
  if info[5] ~= '' then call('DEL', HERE .. 'key:' .. info[5]) end
  if info[6] ~= '' then call('DEL', HERE .. 'retry:' .. info[6]) end
  call('DEL', key, HERE .. 'log:' .. id, HERE .. 'steps:' .. id)
  call('SREM', HERE .. 'claimed', id)
end

if what == 'admit' or what == 'undo' then
  for _, id in ipairs(call('LRANGE', prepared, 0, -1)) do
    local key = HERE .. 'job:' .. id
    local info = about(key)
    if what == 'admit' then
      call('HDEL', key, 't')
      listed(HERE, id, info, call('HGET', key, 'x'), call('HGET', key, 'q'))
    else
      undone(id, key, info)
    end
  end
  call('DEL', prepared)
  call('SREM', HERE .. 'undecided', ARGV[4] .. ' ' .. token)
  return {'OK', ''}
end

local verdict = call('GET', decided)
if what == 'verdict' then
  if not verdict then call('SET', decided, 'B', 'EX', REMEMBERED) end
  return {'OK', verdict or 'B'}
end
if verdict then return {'OK', verdict == 'yes' and '' or verdict, '1'} end
if call('EXISTS', prepared) == 1 then return {'OK', ''} end

local seen, births = {}, {}
for place = 1, tonumber(ARGV[5]) do
  local one = birth_at(6 + (place - 1) * BIRTH)
  local refused = birth_refused(one, seen)
  if refused then
    if what == 'decide' then call('SET', decided, refused, 'EX', REMEMBERED) end
    return {'OK', refused, tostring(place)}
  end
  births[place] = one
end
if what == 'possible' then return {'OK', ''} end
if what == 'decide' then call('SET', decided, 'yes', 'EX', REMEMBERED) end
for _, one in ipairs(births) do
  if what == 'decide' then
    born(one)
  else
    written(one)
    call('HSET', HERE .. 'job:' .. one.id, 't', token)
    call('RPUSH', prepared, one.id)
  end
end
if what == 'prepare' then call('SADD', HERE .. 'undecided', ARGV[4] .. ' ' .. token) end
return {'OK', ''}
