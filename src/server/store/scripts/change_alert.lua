-- Raises, changes or clears an alert and says so, in one step, if nobody else
-- changed it since it was read. So of all nodes one raises it and one clears it.
--
-- KEYS  4 alerts of the workspace
-- ARGV  4 alert, 5 what was read ('' for none), 6 what it shall be ('' for none),
--       7 body of the event ('' for none)
-- Returns 1 if it was done, 0 if somebody else was faster.

if (redis.call('HGET', KEYS[4], ARGV[4]) or '') ~= ARGV[5] then
    return 0
end
if ARGV[6] ~= '' then
    redis.call('HSET', KEYS[4], ARGV[4], ARGV[6])
else
    redis.call('HDEL', KEYS[4], ARGV[4])
end
if ARGV[7] ~= '' then
    publish_stored(context, false, ARGV[7])
end
return 1
