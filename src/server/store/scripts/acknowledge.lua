-- Notes that a session has taken note of messages that it was handed.
--
-- KEYS  receipts of the messages
-- ARGV  1 session, 2 the receipt
-- Returns how many it had been handed.

local count = 0
for _, key in ipairs(KEYS) do
    if redis.call('HEXISTS', key, ARGV[1]) == 1 then
        count = count + 1
        redis.call('HSET', key, ARGV[1], ARGV[2])
    end
end
return count
