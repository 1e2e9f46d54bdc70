-- The beginning of every script that publishes: what it means to publish one
-- event of a workspace (design, section 4).
--
-- Ids are <ms>-<offset>. The offset is contiguous, so a reader sees a gap; the
-- milliseconds never go back, so stream order is offset order even when the
-- clock of Redis is set back.

local function now_micros()
    local time = redis.call('TIME')
    return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function now_ms()
    return math.floor(now_micros() / 1000)
end

-- A new epoch begins where there is no bus yet: in a new workspace, and after
-- Redis lost its data. Cursors of another epoch cannot be resumed from.
local function epoch_of(bus, seed)
    local epoch = redis.call('HGET', bus, 'epoch')
    if not epoch then
        -- The time keeps it apart from an epoch that the same node began before.
        epoch = seed .. '-' .. string.format('%.0f', now_ms())
        redis.call('HSET', bus, 'epoch', epoch)
    end
    return epoch
end

local function append(stream, id, retention_ms, body)
    redis.call('XADD', stream, id, 'event', body)
    -- A workspace that falls silent is not trimmed any more, but still forgets.
    redis.call('PEXPIRE', stream, string.format('%.0f', retention_ms))
end

-- The head says when this was published, in microseconds: an id is too coarse to
-- measure deliveries by, and may be later where the clock was set back.
local function publish_live(channel, epoch, id, kind, body)
    local head = epoch .. ' ' .. id .. ' ' .. kind .. ' ' .. string.format('%.0f', now_micros())
    redis.call('PUBLISH', channel, head .. '\n' .. body)
end

-- context: bus, activity, messages, channel, seed, retention_ms
local function publish_stored(context, is_message, body)
    local epoch = epoch_of(context.bus, context.seed)
    local now = math.max(now_ms(), tonumber(redis.call('HGET', context.bus, 'ms') or '0'))
    local offset = redis.call('HINCRBY', context.bus, 'offset', 1)
    local id = string.format('%.0f-%.0f', now, offset)
    redis.call('HSET', context.bus, 'ms', string.format('%.0f', now))
    append(context.activity, id, context.retention_ms, body)
    if is_message then
        append(context.messages, id, context.retention_ms, body)
    end
    -- Messages also when there is only other news: they grow as old.
    local horizon = string.format('%.0f', now - context.retention_ms)
    redis.call('XTRIM', context.activity, 'MINID', horizon)
    redis.call('XTRIM', context.messages, 'MINID', horizon)
    publish_live(context.channel, epoch, id, 'event', body)
    return id
end

-- What is published but not stored has offset 0 and moves no cursor.
local function publish_passing(context, kind, body)
    local epoch = epoch_of(context.bus, context.seed)
    local id = string.format('%.0f-0', now_ms())
    publish_live(context.channel, epoch, id, kind, body)
    return id
end

-- A sliding log: exactly `limit` in any window. (A bucket that refills would let
-- nearly twice as many through in one.) How many ms to wait for the next one, or nil.
local function wait_of(key, limit, now, window_ms)
    local oldest = redis.call('LINDEX', key, limit - 1)
    if oldest and tonumber(oldest) > now - window_ms then
        return string.format('%.0f', tonumber(oldest) + window_ms - now)
    end
end

local function count_one(key, limit, now, window_ms)
    redis.call('LPUSH', key, string.format('%.0f', now))
    redis.call('LTRIM', key, 0, limit - 1)
    redis.call('PEXPIRE', key, window_ms)
end

local context = {
    bus = KEYS[1],
    activity = KEYS[2],
    messages = KEYS[3],
    channel = ARGV[1],
    seed = ARGV[2],
    retention_ms = tonumber(ARGV[3]),
}
