-- Error contexts that were kept long enough go. ARGV: epoch, kept since, at most so many.
local function forgotten(ids)
  for _, id in ipairs(ids) do
    local old = cjson.decode(call('HGET', '{j}:contexts', id))
    call('HDEL', '{j}:contexts', id)
    call('HDEL', '{j}:context:bodies', id)
    call('ZREM', '{j}:context:all', id)
    call('ZREM', '{j}:context:at', id)
    call('ZREM', '{j}:context:job:' .. old[1], id)
    call('ZREM', '{j}:context:code:' .. old[2], id)
  end
end
forgotten(call('ZRANGEBYSCORE', '{j}:context:at', '-inf', ARGV[2]))
local many = call('ZCARD', '{j}:context:all') - tonumber(ARGV[3])
if many > 0 then forgotten(call('ZRANGE', '{j}:context:all', 0, many - 1)) end
return {'OK'}
