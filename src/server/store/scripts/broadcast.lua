-- Publishes a client's event once and within the limits.
--
-- KEYS  4 session's limit, 5 user's limit, 6 idempotency (optional)
-- ARGV  4 body, 5 '1' for a message, 6 session limit (0 for none), 7 user limit,
--       8 window in ms
-- Returns {'published' | 'repeated', id} or {'limited', ms to wait}.

local body, is_message = ARGV[4], ARGV[5] == '1'
local window_ms = tonumber(ARGV[8])

if KEYS[6] then
    local before = redis.call('GET', KEYS[6])
    if before then
        return { 'repeated', before }
    end
end

local now = now_ms()
local limits = { { KEYS[4], tonumber(ARGV[6]) }, { KEYS[5], tonumber(ARGV[7]) } }
for _, entry in ipairs(limits) do
    local key, limit = entry[1], entry[2]
    local wait = limit > 0 and wait_of(key, limit, now, window_ms)
    if wait then
        return { 'limited', wait }
    end
end
for _, entry in ipairs(limits) do
    local key, limit = entry[1], entry[2]
    if limit > 0 then
        count_one(key, limit, now, window_ms)
    end
end

local id = publish_stored(context, is_message, body)
if KEYS[6] then
    redis.call('SET', KEYS[6], id, 'PX', string.format('%.0f', context.retention_ms))
end
return { 'published', id }
