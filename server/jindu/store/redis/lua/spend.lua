-- One request of somebody, whose bucket fills by itself. ARGV: epoch, who, requests a second, most in the bucket. Answers '' if it may
-- go on, else the seconds after which one would. What is full again is forgotten.
local key, rate, burst = '{j}:rate:' .. ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local moment = now()
local there = call('HMGET', key, 'left', 'at')
local left = burst
if there[1] then left = math.min(burst, tonumber(there[1]) + math.max(moment - tonumber(there[2]), 0) * rate) end
local wait = ''
if left >= 1 then left = left - 1 else wait = string.format('%.6f', (1 - left) / rate) end
call('HSET', key, 'left', string.format('%.6f', left), 'at', string.format('%.6f', moment))
call('PEXPIRE', key, math.ceil((burst - left) / rate * 1000) + 1000)
return {'OK', wait}
