-- How the jobs of a batch stand: for each status how many, and the sum of their percents. ARGV: epoch, batch, number of shards.
local counts, percents = {pending = 0, running = 0, completed = 0, failed = 0, cancelled = 0}, 0
for shard = 0, tonumber(ARGV[3]) - 1 do
  local prefix = tag(shard)
  for _, member in ipairs(call('ZRANGE', prefix .. 'by:j:batch:' .. ARGV[2], 0, -1)) do
    local there = call('HMGET', prefix .. 'job:' .. string.sub(member, 19), 'h', 'd')
    counts[STATUS[there[1]]] = counts[STATUS[there[1]]] + 1
    percents = percents + (ENDS[there[1]] and 100 or tonumber(string.match(there[2], '^%[[^,]*,[^,]*,([^,]*),')))
  end
end
return {'OK', tostring(counts.pending), tostring(counts.running), tostring(counts.completed), tostring(counts.failed),
        tostring(counts.cancelled), string.format('%.6f', percents)}
