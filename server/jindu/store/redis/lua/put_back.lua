-- Jobs that were kept for somebody and not claimed wait again. ARGV: epoch, then shard and id of each.
for place = 2, #ARGV, 2 do
  local prefix, id = tag(ARGV[place]), ARGV[place + 1]
  local key = prefix .. 'job:' .. id
  if call('HGET', key, 'h') == 'pending' then
    local info = about(key)
    call('ZREM', prefix .. 'leased:' .. info[1], id)
    wait(prefix, id, info, call('HGET', key, 'q'))
  end
end
return {'OK'}
