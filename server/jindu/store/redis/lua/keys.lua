-- Keys and signing secrets. ARGV: epoch, what, then 'add': id and JSON; 'revoke': id and the second; 'sign': JSON. Each change raises
-- {j}:turn, by which other nodes learn of it. Answers whether there is such a key, or was none.
local what = ARGV[2]
local done = '1'
if what == 'add' then
  if call('HSETNX', '{j}:keys', ARGV[3], ARGV[4]) == 0 then return {'OK', ''} end
  call('RPUSH', '{j}:keys:order', ARGV[3])
elseif what == 'revoke' then
  if call('HEXISTS', '{j}:keys', ARGV[3]) == 0 then return {'OK', ''} end
  call('HSETNX', '{j}:keys:revoked', ARGV[3], ARGV[4])
else
  call('LPUSH', '{j}:signing', ARGV[3])
  call('LTRIM', '{j}:signing', 0, 1)
end
call('INCR', '{j}:turn')
return {'OK', done}
