-- Replaces a source's record if it still is the one that was read.
--
-- A synchronisation that runs reads what the old record says, so it loses its fence:
-- nothing of it becomes current after the change.
--
-- KEYS  1 sources of the user, 2 sync
-- ARGV  1 source id, 2 record read, 3 new record
-- Returns 1 if it did.

if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
    return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HINCRBY', KEYS[2], 'fence', 1)
return 1
