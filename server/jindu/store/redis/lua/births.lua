-- Births of jobs: what `commit.lua` and `across.lua` share, behind the library.
local BIRTH = 23 -- arguments of one

local function birth_at(a)
  return {shard = ARGV[a + 1], home = ARGV[a + 2], id = ARGV[a + 3], key = ARGV[a + 4], retry = ARGV[a + 5],
          inherits = ARGV[a + 6], type = ARGV[a + 7], owner = ARGV[a + 8], tags = ARGV[a + 9], batch = ARGV[a + 10],
          whole = ARGV[a + 11], member = ARGV[a + 12], expires = ARGV[a + 13], spec = ARGV[a + 14], params = ARGV[a + 15],
          state = ARGV[a + 16], seq = ARGV[a + 17], crashes = ARGV[a + 18], q = ARGV[a + 19], event = ARGV[a + 20],
          version = ARGV[a + 21], number = ARGV[a + 22]}
end

-- What in the directory of a cluster is against a birth: it was reserved, and another shard took the id over (`claim.lua`); or this is
-- the home of the id, which another shard has reserved.
local function moved_away(b)
  if WHOLE then return false end
  if b.number == '' then return (listed_at(b.id, b.shard) or b.shard) ~= b.shard end
  local bar = call('GET', tag(b.shard) .. 'bar:' .. b.id)
  return bar and tonumber(bar) >= tonumber(b.number)
end

-- A job is in the way; as long as it is not decided on nobody can be told that it is there.
local function in_the_way(prefix, id)
  if not WHOLE and call('HEXISTS', prefix .. 'job:' .. id, 't') == 1 then return 'B' .. id end
  return 'X' .. id
end

-- Whether neither job nor tombstone nor directory knows of the id: so it is with nearly all.
local function unheard_of(b, prefix)
  if b.home == b.shard then
    return call('EXISTS', prefix .. 'job:' .. b.id, prefix .. 'tomb:' .. b.id, prefix .. 'dir:' .. b.id) == 0
  end
  local home = tag(b.home)
  return call('EXISTS', prefix .. 'job:' .. b.id, prefix .. 'tomb:' .. b.id, home .. 'job:' .. b.id, home .. 'tomb:' .. b.id,
              home .. 'dir:' .. b.id) == 0
end

-- Why a new job cannot be; `seen` holds what the same change has taken already.
local function birth_refused(b, seen)
  local prefix = tag(b.shard)
  local fresh = b.number == '' and unheard_of(b, prefix)
  if not fresh and moved_away(b) then return 'M' .. b.id end
  local key = b.key ~= '' and prefix .. 'key:' .. b.key or nil
  local holder = key and call('GET', key)
  if not fresh and (buried(b.id, b.home) or call('EXISTS', prefix .. 'tomb:' .. b.id) == 1) then return 'G' .. b.id end
  if holder and call('EXISTS', prefix .. 'job:' .. holder) == 0 then return 'G' .. holder end
  if seen[b.id] or not fresh and locate(b.id, b.home) then return in_the_way(prefix, b.id) end
  holder = holder or (key and seen[key])
  if holder then return in_the_way(prefix, holder) end
  local again = b.retry ~= '' and prefix .. 'retry:' .. b.retry or nil
  holder = again and (seen[again] or call('GET', again))
  if holder then return in_the_way(prefix, holder) end
  seen[b.id] = {'1', '0', b.version}
  if key then seen[key] = b.id end
  if again then seen[again] = b.id end
  return nil
end

-- The row of a new job, with its id and key: from here on they are taken.
local function written(b)
  local prefix = tag(b.shard)
  local key = prefix .. 'job:' .. b.id
  local num = call('INCR', prefix .. 'num')
  local info = {b.type, b.owner, b.batch, tonumber(b.whole), b.key, b.retry, b.member, num, b.expires}
  call('HSET', key, 'n', b.seq, 'r', '0', 'c', b.crashes, 'h', 'pending', 'v', b.version, 's', b.spec, 'p', b.params, 'd', b.state,
       'i', cjson.encode(info), 'q', b.q, 'x', b.tags)
  call('RPUSH', prefix .. 'log:' .. b.id, b.event)
  if b.home ~= b.shard then call('SET', tag(b.home) .. 'dir:' .. b.id, b.shard) end
  if b.number ~= '' then call('SADD', prefix .. 'claimed', b.id) end
  if b.key ~= '' then call('SET', prefix .. 'key:' .. b.key, b.id) end
  if b.retry ~= '' then call('SET', prefix .. 'retry:' .. b.retry, b.id) end
  if b.inherits == '1' then
    local steps = call('HGETALL', prefix .. 'steps:' .. b.retry)
    for place = 1, #steps, 2 do call('HSET', prefix .. 'steps:' .. b.id, steps[place], steps[place + 1]) end
  end
  return info
end

-- A new job joins the queue, the lists and the counts.
local known = {}
local function listed(prefix, id, info, tags, q)
  call('ZADD', prefix .. 'nums', info[8], id)
  call('ZADD', prefix .. 'open', info[8], id)
  local found, by = lists(prefix, info)
  for _, list in ipairs(found) do call('ZADD', list, 0, info[7]) end
  call('ZADD', by .. 'status:pending', 0, info[7])
  for _, name in ipairs(cjson.decode(tags)) do call('ZADD', by .. 'tag:' .. name, 0, info[7]) end
  tallied(prefix, info, 'pending', 1)
  if info[4] == 1 then return end
  if not known[info[1]] then call('SADD', prefix .. 'types', info[1]) end
  known[info[1]] = true
  join(prefix, id, info, q)
end

local function born(b) listed(tag(b.shard), b.id, written(b), b.tags, b.q) end
