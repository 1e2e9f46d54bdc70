-- Moves a session's place in the messages forward and notes what it was handed, if
-- nobody else moved it meanwhile: of two that read at once only one hands them out.
--
-- KEYS  1 inbox, 2… receipts of the messages
-- ARGV  1 session, 2 field, 3 place read ('' for none), 4 new place, 5 ms to keep,
--       6 the receipt
-- Returns 1, or 0 if the place has moved.

if (redis.call('HGET', KEYS[1], ARGV[2]) or '') ~= ARGV[3] then
    return 0
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
for index = 2, #KEYS do
    redis.call('HSETNX', KEYS[index], ARGV[1], ARGV[6])
    redis.call('PEXPIRE', KEYS[index], ARGV[5])
end
return 1
