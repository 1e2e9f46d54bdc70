-- Notes in the current manifest by what a file's next change will be seen, where
-- its content has not changed.
--
-- KEYS  1 sync, 2 manifest
-- ARGV  1 fence, then path, entry, path, entry, …
-- Returns 1 if the fence was the newest.

if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[2], unpack(ARGV, 2))
return 1
