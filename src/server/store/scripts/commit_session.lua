-- Changes a session and says so, in one step, if nobody else changed it since it
-- was read. Every change of a session goes through here, so no reader ever sees
-- a change without its event or an event without its change.
--
-- KEYS  4 session, 5 active sessions
-- ARGV  4 revision read ('0' for none), 5 session id, 6 new document,
--       7 last heartbeat in ms, or '' when the session ends,
--       8 ms to keep the document after the end, 9 '1' to store the event, 10 body
-- Returns {'committed', id of the event} or {'changed'}.

local revision = redis.call('HGET', KEYS[4], 'revision') or '0'
if revision ~= ARGV[4] then
    return { 'changed' }
end

redis.call('HSET', KEYS[4], 'revision', string.format('%.0f', tonumber(revision) + 1), 'document', ARGV[6])
if ARGV[7] == '' then
    redis.call('ZREM', KEYS[5], ARGV[5])
    redis.call('PEXPIRE', KEYS[4], ARGV[8])
else
    redis.call('ZADD', KEYS[5], ARGV[7], ARGV[5])
    redis.call('PERSIST', KEYS[4])
end

local id
if ARGV[9] == '1' then
    id = publish_stored(context, false, ARGV[10])
else
    id = publish_passing(context, 'event', ARGV[10])
end
return { 'committed', id }
