-- Notes how a synchronisation goes and tells whoever listens, unless another
-- node has taken it over.
--
-- KEYS  4 sync
-- ARGV  4 fence, 5 report, 6 cursor ('' leaves it), 7 number of the last request
--       that this answers ('' for none), 8 body of the event
-- Returns {'reported', number of the last request} or {'fenced'}.

if redis.call('HGET', KEYS[4], 'fence') ~= ARGV[4] then
    return { 'fenced', 0 }
end
-- How far it is may be on its way while the end is written: it must not undo that.
local requests = tonumber(redis.call('HGET', KEYS[4], 'requests') or '0')
if redis.call('HGET', KEYS[4], 'ended') == ARGV[4] then
    return { 'reported', requests }
end
redis.call('HSET', KEYS[4], 'report', ARGV[5])
if ARGV[6] ~= '' then
    redis.call('HSET', KEYS[4], 'cursor', ARGV[6])
end
if ARGV[7] ~= '' then
    redis.call('HSET', KEYS[4], 'served', ARGV[7], 'ended', ARGV[4])
end
publish_passing(context, 'event', ARGV[8])
return { 'reported', requests }
