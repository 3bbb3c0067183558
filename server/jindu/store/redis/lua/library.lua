#!lua
-- What the scripts share. Every script begins by holding the epoch (KEYS[1]) against the caller's (ARGV[1]): whoever believes in
-- another history is told so before anything is looked at.
--
-- On one Redis KEYS[1] is {j}:epoch, and a script may touch every shard. In a cluster it is the epoch of the slot that the script
-- touches and does not leave: {jS}:epoch, or {j}:epoch for what is of no shard.
--
-- Of a job (tag {jS}, S its shard):   job:ID hash, log:ID list of kept events, steps:ID hash
--   n seq  r run  v version of the state  c crashes  h phase  s what was submitted  p params  d the rest of the state  g newest progress  e result
--   i JSON: [type, owner, batch, is batch, key, retry_of, member, number, expires]  q "rank due"  x JSON: tags
-- Of a type in that slot:             ready:T (due, by rank), due:T (all that wait, by due time), leased:T (by end of lease)
-- Numbers that were floats come and go as text: Lua would round them.
local call = redis.call
if call('GET', KEYS[1]) ~= ARGV[1] then return {'EPOCH'} end
local HERE = string.sub(KEYS[1], 1, -6) -- the keys of this slot begin so
local WHOLE = HERE == '{j}:'
-- While a slot moves to another server, what is not there can no longer be told from what has gone there, and a script would end
-- halfway: this ends it before it began.
call('EXISTS', HERE .. 'never')

local STATUS = {pending = 'pending', running = 'running', cancelling = 'running', completed = 'completed', failed = 'failed',
                cancelled = 'cancelled'}
local HELD = {running = true, cancelling = true}
local ENDS = {completed = true, failed = true, cancelled = true}

local function tag(shard) return '{j' .. shard .. '}:' end

local function now()
  local time = call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end

-- The shard that the directory names for an id; nil if it knows none.
local function listed_at(id, home)
  local entry = call('GET', tag(home) .. 'dir:' .. id)
  return entry and string.match(entry, '^%d+')
end

-- The shard that a job lies in, looked for from the one that its id names; nil if there is none.
local function locate(id, home)
  if call('EXISTS', tag(home) .. 'job:' .. id) == 1 then return home end
  local other = WHOLE and listed_at(id, home)
  if other and call('EXISTS', tag(other) .. 'job:' .. id) == 1 then return other end
  return nil
end

-- Whether `id` holds a tombstone in the shard that it was last in.
local function buried(id, home)
  if call('EXISTS', tag(home) .. 'tomb:' .. id) == 1 then return true end
  local other = WHOLE and listed_at(id, home)
  return other and call('EXISTS', tag(other) .. 'tomb:' .. id) == 1
end

local function about(key) return cjson.decode(call('HGET', key, 'i')) end

-- The lists that a job is in, by what does not change.
local function lists(prefix, info)
  local by = prefix .. (info[4] == 1 and 'by:b:' or 'by:j:')
  local found = {by .. 'all', by .. 'type:' .. info[1]}
  if info[2] ~= '' then found[#found + 1] = by .. 'owner:' .. info[2] end
  if info[3] ~= '' then found[#found + 1] = by .. 'batch:' .. info[3] end
  return found, by
end

local function tallied(prefix, info, phase, number)
  if info[4] == 1 then return end
  local field = STATUS[phase] .. ' ' .. info[1]
  call('HINCRBY', prefix .. 'tally', field, number)
  if info[2] ~= '' then call('HINCRBY', prefix .. 'tally:' .. info[2], field, number) end
end

-- Up to when what falls due of a type was found already; asked once in a script.
local marks = {}
local function mark_of(prefix, type)
  local name = prefix .. type
  if marks[name] == nil then marks[name] = call('HGET', prefix .. 'marks', type) end
  return marks[name]
end

-- A job joins those that wait; whether it is among the ready.
local function join(prefix, id, info, q)
  local type, member = info[1], info[7]
  local rank, due = string.match(q, '^(%S+) (%S+)$')
  call('ZADD', prefix .. 'due:' .. type, due, member)
  if info[9] ~= '' then call('ZADD', prefix .. 'expires', info[9], id) end
  local mark = mark_of(prefix, type)
  if not mark or tonumber(due) > tonumber(mark) then return false end
  call('ZADD', prefix .. 'ready:' .. type, rank, member)
  return true
end

-- A job waits: to be found by who has room. One that is kept for somebody stays theirs.
local function wait(prefix, id, info, q)
  if info[4] == 1 or call('ZSCORE', prefix .. 'leased:' .. info[1], id) then return end
  if not join(prefix, id, info, q) then call('ZREM', prefix .. 'ready:' .. info[1], info[7]) end
end

local function wait_no_more(prefix, id, info)
  call('ZREM', prefix .. 'ready:' .. info[1], info[7])
  call('ZREM', prefix .. 'due:' .. info[1], info[7])
  if info[9] ~= '' then call('ZREM', prefix .. 'expires', id) end
end

-- What has fallen due since somebody last looked joins the ready.
local function promote(prefix, type, wall)
  local mark = call('HGET', prefix .. 'marks', type)
  if mark and tonumber(mark) >= tonumber(wall) then return end
  for _, member in ipairs(call('ZRANGEBYSCORE', prefix .. 'due:' .. type, mark and '(' .. mark or '-inf', wall)) do
    local id = string.sub(member, 19)
    local rank = string.match(call('HGET', prefix .. 'job:' .. id, 'q'), '^(%S+)')
    call('ZADD', prefix .. 'ready:' .. type, rank, member)
  end
  call('HSET', prefix .. 'marks', type, wall)
  marks[prefix .. type] = nil
end

-- A delivery of a webhook, in the shard of its job: delivery:ID hash: i [second of its birth, webhook, job, owner]  b what it was born
--   with  k secret  p payload  s state  t due  a attempts  r run  d tried at  c status  e error (JSON)
-- The lists that it is in, by what does not change.
local function delivery_lists(prefix, id)
  local born = cjson.decode(call('HGET', prefix .. 'delivery:' .. id, 'i'))
  local of = prefix .. 'delivery:of:'
  local found = {of .. 'all', of .. 'job:' .. born[3]}
  if born[2] ~= '' then found[#found + 1] = of .. 'webhook:' .. born[2] end
  if born[4] ~= '' then found[#found + 1] = of .. 'owner:' .. born[4] end
  return found, born[1]
end

-- It waits until `due`, or is settled.
local function delivery_is(prefix, id, state, due)
  local key = prefix .. 'delivery:' .. id
  local _, born = delivery_lists(prefix, id)
  local before = call('HGET', key, 's')
  if before then call('ZREM', prefix .. 'delivery:of:state:' .. before, id) end
  call('ZADD', prefix .. 'delivery:of:state:' .. state, 0, id)
  call('HSET', key, 's', state, 't', due)
  if state == 'pending' then
    call('ZADD', prefix .. 'delivery:due', due, id)
    for _, list in ipairs({'over', 'settled'}) do call('ZREM', prefix .. 'delivery:' .. list, id) end
  else
    call('ZREM', prefix .. 'delivery:due', id)
    call('ZADD', prefix .. 'delivery:over', 0, id)
    call('ZADD', prefix .. 'delivery:settled', born, id)
  end
end
