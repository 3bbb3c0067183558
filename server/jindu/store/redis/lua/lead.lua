-- Whether a node does a task now. ARGV: epoch, task, node, milliseconds.
local key = '{j}:lead:' .. ARGV[2]
local holder = call('GET', key)
if holder and holder ~= ARGV[3] then return {'OK', ''} end
call('SET', key, ARGV[3], 'PX', ARGV[4])
return {'OK', '1'}
