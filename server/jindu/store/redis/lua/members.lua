-- How the jobs of a batch stand in some shards: for each status how many, and the sum of their percents. ARGV: epoch, batch, the shards.
local counts, percents = {pending = 0, running = 0, completed = 0, failed = 0, cancelled = 0}, 0
for place = 3, #ARGV do
  local prefix = tag(ARGV[place])
  for _, member in ipairs(call('ZRANGE', prefix .. 'by:j:batch:' .. ARGV[2], 0, -1)) do
    local there = call('HMGET', prefix .. 'job:' .. string.sub(member, 19), 'h', 'd')
    counts[STATUS[there[1]]] = counts[STATUS[there[1]]] + 1
    percents = percents + (ENDS[there[1]] and 100 or tonumber(string.match(there[2], '^%[[^,]*,[^,]*,([^,]*),')))
  end
end
return {'OK', tostring(counts.pending), tostring(counts.running), tostring(counts.completed), tostring(counts.failed),
        tostring(counts.cancelled), string.format('%.6f', percents)}
