-- What nobody holds any more. A lease that is over is set to 0, which no renewal brings back: from here on the job is taken back,
-- though its holder should wake. What was kept for a claim that never came waits again. ARGV: epoch, the shards. Answers triples:
-- shard, id, run.
local moment, answer = now(), {'OK'}
for place = 2, #ARGV do
  local prefix = tag(ARGV[place])
  for _, type in ipairs(call('SMEMBERS', prefix .. 'types')) do
    for _, id in ipairs(call('ZRANGEBYSCORE', prefix .. 'leased:' .. type, '-inf', '(' .. string.format('%.6f', moment))) do
      local key = prefix .. 'job:' .. id
      local there = call('HMGET', key, 'h', 'r')
      local phase = there[1]
      if HELD[phase] then
        call('ZADD', prefix .. 'leased:' .. type, 0, id)
        answer[#answer + 1] = ARGV[place]
        answer[#answer + 1] = id
        answer[#answer + 1] = there[2]
      else
        call('ZREM', prefix .. 'leased:' .. type, id)
        if phase == 'pending' then wait(prefix, id, about(key), call('HGET', key, 'q')) end
      end
    end
  end
end
return answer
