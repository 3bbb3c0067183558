-- One group of changes, settled in their order, each kept whole or not at all. ARGV: epoch, op id, seconds of a lease, number of
-- changes, then the changes. Answers 'OK' and for each change '' (kept), 'C' (conflict), 'X' and 'G' with the id in the way; in a
-- cluster also 'M' (the directory names another shard for the id) and 'B' (a job that is not decided on is in the way).
--
-- A script has no rollback: everything that may refuse a change is looked at before anything of it is written. A resent group (same
-- op id) is answered what the first one was, and does nothing.
local op = HERE .. 'op:' .. ARGV[2]
local told = call('GET', op)
if told then return cjson.decode(told) end
local lease, number, at = tonumber(ARGV[3]), tonumber(ARGV[4]), 5
local moment = now()

local MOVE, STEP, NOTE, DELIVERY = 19, 6, 6, 12 -- arguments of each; deliveries come behind the end that they tell

local function move_at(a)
  return {shard = ARGV[a + 1], id = ARGV[a + 2], from_seq = ARGV[a + 3], from_run = ARGV[a + 4], seq = ARGV[a + 5],
          run = ARGV[a + 6], crashes = ARGV[a + 7], phase = ARGV[a + 8], state = ARGV[a + 9], event = ARGV[a + 10],
          progress = ARGV[a + 11] == '1', tags = ARGV[a + 12], q = ARGV[a + 13], ended = ARGV[a + 14],
          result = ARGV[a + 15], from_version = ARGV[a + 16], version = ARGV[a + 17], deliveries = tonumber(ARGV[a + 18]), at = a + MOVE}
end

-- Why a change cannot be. The version is of the whole state that it was made from: seq and run alone may fit by accident, when
-- another node has moved the job on and what stands on a refused change of ours comes behind.
local function move_refused(m, seen)
  local there = seen[m.id] or call('HMGET', tag(m.shard) .. 'job:' .. m.id, 'n', 'r', 'v')
  if there[1] ~= m.from_seq or there[2] ~= m.from_run or there[3] ~= m.from_version then return 'C' end
  -- A claim of what was kept for us counts only while it is kept: who froze between the two has no place among the limits.
  if m.phase == 'running' and m.ended == 'kept' then
    local info = about(tag(m.shard) .. 'job:' .. m.id)
    local till = call('ZSCORE', tag(m.shard) .. 'leased:' .. info[1], m.id)
    if not till or tonumber(till) < moment then return 'C' end
  end
  seen[m.id] = {m.seq, m.run, m.version}
  return nil
end

local function retagged(prefix, key, info, tags)
  local _, by = lists(prefix, info)
  for _, name in ipairs(cjson.decode(call('HGET', key, 'x'))) do call('ZREM', by .. 'tag:' .. name, info[7]) end
  for _, name in ipairs(cjson.decode(tags)) do call('ZADD', by .. 'tag:' .. name, 0, info[7]) end
  call('HSET', key, 'x', tags)
end

-- Whom the end of a job is told, kept with it.
local function to_be_told(prefix, a)
  local id, key = ARGV[a], prefix .. 'delivery:' .. ARGV[a]
  call('HSET', key, 'i', ARGV[a + 1], 'b', ARGV[a + 2], 'k', ARGV[a + 3], 'p', ARGV[a + 4], 'a', ARGV[a + 7], 'r', ARGV[a + 8],
       'd', ARGV[a + 9], 'c', ARGV[a + 10], 'e', ARGV[a + 11])
  for _, list in ipairs(delivery_lists(prefix, id)) do call('ZADD', list, 0, id) end
  delivery_is(prefix, id, ARGV[a + 5], ARGV[a + 6])
end

-- Where a job stands among the queues, leases, lists and counts follows from its phase.
local function placed(prefix, key, m, before)
  local info = about(key)
  if before ~= m.phase and STATUS[before] ~= STATUS[m.phase] then
    local _, by = lists(prefix, info)
    call('ZREM', by .. 'status:' .. STATUS[before], info[7])
    call('ZADD', by .. 'status:' .. STATUS[m.phase], 0, info[7])
    tallied(prefix, info, before, -1)
    tallied(prefix, info, m.phase, 1)
    if HELD[before] and info[4] == 0 then call('ZREM', prefix .. 'leased:' .. info[1], m.id) end
    if before == 'pending' then wait_no_more(prefix, m.id, info) end
  end
  if m.phase == 'pending' then
    wait(prefix, m.id, info, m.q)
  elseif before == 'pending' and info[4] == 0 then
    if HELD[m.phase] then call('ZADD', prefix .. 'leased:' .. info[1], moment + lease, m.id)
    else call('ZREM', prefix .. 'leased:' .. info[1], m.id) end
  end
  if ENDS[m.phase] then
    local finished, over = string.match(m.ended, '^(%S+) (%S+)$')
    call('ZREM', prefix .. 'open', m.id)
    call('ZADD', prefix .. 'over', over, m.id)
    if info[4] == 0 then call('ZADD', prefix .. 'ended', finished, m.id) end
  end
  if m.tags ~= '' then retagged(prefix, key, info, m.tags) end
end

local function moved(m)
  local prefix = tag(m.shard)
  for place = 0, m.deliveries - 1 do to_be_told(prefix, m.at + place * DELIVERY) end
  local key = prefix .. 'job:' .. m.id
  if m.progress then
    call('HSET', key, 'n', m.seq, 'v', m.version, 'd', m.state, 'g', m.event)
    return
  end
  call('RPUSH', prefix .. 'log:' .. m.id, m.event)
  local before = call('HGET', key, 'h')
  call('HSET', key, 'n', m.seq, 'r', m.run, 'h', m.phase, 'v', m.version, 'd', m.state)
  if m.crashes ~= '0' then call('HINCRBY', key, 'c', m.crashes) end
  if m.q == '' then return end -- within a phase
  call('HSET', key, 'q', m.q)
  if m.phase == 'completed' then call('HSET', key, 'e', m.result) end
  placed(prefix, key, m, before)
end

local function stepped(a)
  local id, shard = ARGV[a + 2], locate(ARGV[a + 2], ARGV[a + 1])
  if not shard then return 'C' end
  local key = tag(shard) .. 'job:' .. id
  local there = call('HMGET', key, 'r', 'h')
  if there[1] ~= ARGV[a + 3] or not HELD[there[2]] then return 'C' end
  if call('HSETNX', tag(shard) .. 'steps:' .. id, ARGV[a + 4], ARGV[a + 5]) == 1 then call('HSET', key, 'c', '0') end
  return ''
end

local function noted(a)
  local id, number = ARGV[a + 1], call('INCR', '{j}:context:num')
  local old = call('HGET', '{j}:contexts', id)
  if old then
    old = cjson.decode(old)
    call('ZREM', '{j}:context:job:' .. old[1], id)
    call('ZREM', '{j}:context:code:' .. old[2], id)
  end
  call('HSET', '{j}:contexts', id, cjson.encode({ARGV[a + 2], ARGV[a + 3]}))
  call('HSET', '{j}:context:bodies', id, ARGV[a + 5])
  call('ZADD', '{j}:context:all', number, id)
  call('ZADD', '{j}:context:at', ARGV[a + 4], id)
  call('ZADD', '{j}:context:job:' .. ARGV[a + 2], number, id)
  call('ZADD', '{j}:context:code:' .. ARGV[a + 3], number, id)
  return ''
end

-- Moves that are kept or refused as one: all are looked at, then all are written.
local function together(count)
  local seen, todo, refused = {}, {}, nil
  for _ = 1, count do
    local new = ARGV[at] == 'B'
    local one = new and birth_at(at) or move_at(at)
    at = at + (new and BIRTH or MOVE + one.deliveries * DELIVERY)
    if not refused then
      refused = (new and birth_refused or move_refused)(one, seen)
      todo[#todo + 1] = {new and born or moved, one}
    end
  end
  if refused then return refused end
  for _, work in ipairs(todo) do work[1](work[2]) end
  return ''
end

local answer = {'OK'}
for _ = 1, number do
  local kind, outcome = ARGV[at], nil
  if kind == 'T' then
    local count = tonumber(ARGV[at + 1])
    at = at + 2
    outcome = together(count)
  elseif kind == 'S' then
    outcome = stepped(at)
    at = at + STEP
  elseif kind == 'N' then
    outcome = noted(at)
    at = at + NOTE
  else
    outcome = together(1)
  end
  answer[#answer + 1] = outcome
end
call('SET', op, cjson.encode(answer), 'EX', 3600)
return answer
