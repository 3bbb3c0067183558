-- Keep a webhook, a new one or all fields of one that is there. ARGV: epoch, id, JSON.
if call('HSET', '{j}:webhooks', ARGV[2], ARGV[3]) == 1 then
  call('ZADD', '{j}:webhook:order', call('INCR', '{j}:webhook:num'), ARGV[2])
end
call('INCR', '{j}:turn')
return {'OK'}
