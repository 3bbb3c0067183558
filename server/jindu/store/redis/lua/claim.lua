-- The directory, in a cluster: which shard an id belongs to that does not say so itself. It is written before the job is, for no
-- script reaches both. An entry "shard number" that led to no job harms nobody: it expires, or another shard takes the id over, with
-- the next number, once the shard before has barred all numbers up to its own. ARGV: epoch, what, shard of these keys, id, then
--   'ask', 'turn': shard wanted, seconds, ['turn': the entry that was seen]. Answers the entry: shard and number; or 'X', 'G', 'B'
--     when the id is taken here (by a job, a tombstone, a job not yet decided on); ['turn': nothing when another was faster]
--   'bar': number, seconds: nothing of this id is born here any more with this number or a lower one. Answers '', or as above
--   'keep': shard: its job is born, the entry stays
--   'loosen': seconds, the entry that was seen: its tombstone is about to go, the entry expires
local what, prefix, id = ARGV[2], tag(ARGV[3]), ARGV[4]
local key = prefix .. 'dir:' .. id

local function taken()
  if call('EXISTS', prefix .. 'tomb:' .. id) == 1 then return 'G' end
  if call('EXISTS', prefix .. 'job:' .. id) == 0 then return nil end
  return call('HEXISTS', prefix .. 'job:' .. id, 't') == 1 and 'B' or 'X'
end

local function entered(shard, number, seconds)
  call('SET', key, shard .. ' ' .. number, 'EX', seconds)
  return {'OK', shard, tostring(number)}
end

if what == 'ask' then
  local refused, entry = taken(), call('GET', key)
  if refused then return {'OK', refused} end
  if not entry then return entered(ARGV[5], 1, ARGV[6]) end
  local shard, number = string.match(entry, '^(%d+) ?(%d*)$')
  number = tonumber(number) or 0
  -- It may expire: not while somebody goes by it. The number moves on, so that who saw it before does not loosen it now.
  if call('TTL', key) >= 0 then return entered(shard, number + 1, ARGV[6]) end
  return {'OK', shard, tostring(number)}
end

if what == 'turn' then
  local refused = taken()
  if refused then return {'OK', refused} end
  if call('GET', key) ~= ARGV[7] then return {'OK'} end
  return entered(ARGV[5], (tonumber(string.match(ARGV[7], ' (%d+)$')) or 0) + 1, ARGV[6])
end

if what == 'bar' then
  local refused = taken()
  if refused then return {'OK', refused} end
  local bar = call('GET', prefix .. 'bar:' .. id)
  if not bar or tonumber(bar) < tonumber(ARGV[5]) then call('SET', prefix .. 'bar:' .. id, ARGV[5], 'EX', ARGV[6]) end
  return {'OK', ''}
end

local entry = call('GET', key)
if what == 'keep' then
  if entry and string.match(entry, '^%d+') == ARGV[5] then call('PERSIST', key) end
elseif entry == ARGV[6] then
  call('EXPIRE', key, ARGV[5])
end
return {'OK'}
