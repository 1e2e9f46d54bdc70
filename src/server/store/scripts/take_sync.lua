-- Takes the right to synchronise a source, if nobody has it.
--
-- Each holder gets a higher fence. What it writes counts only while its fence is
-- the newest, so one that was paused for longer than its lease does no harm.
--
-- KEYS  1 lease, 2 sync
-- ARGV  1 holder, 2 life in ms
-- Returns {fence, number of the last request} or nothing.

if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
    return {}
end
local fence = redis.call('HINCRBY', KEYS[2], 'fence', 1)
return { fence, tonumber(redis.call('HGET', KEYS[2], 'requests') or '0') }
