-- Makes a staged manifest a source's current generation: files, versions, blobs,
-- report and event, all in one step or not at all.
--
-- KEYS  4 sync, 5 generations of the user, 6 staged manifest, 7 staged histories,
--       8 staged changes of blob counts, 9 staged marks of files that are gone ('1')
--       or not, 10 histories, 11 blob counts, 12 times when files went
-- ARGV  4 fence, 5 source id, 6 new generation, 7 report, 8 cursor,
--       9 number of the last request that this answers, 10 prefix of manifests,
--       11 prefix of blobs, 12 ms for which the old manifest can still be read,
--       13 body of the event
-- Returns {'flipped', number of the last request} or {'fenced'}.

local sync, generations = KEYS[4], KEYS[5]
local generation = tonumber(ARGV[6])
local current = tonumber(redis.call('HGET', generations, ARGV[5]) or '0')
if redis.call('HGET', sync, 'fence') ~= ARGV[4] or current + 1 ~= generation then
    return { 'fenced', 0 }
end

-- A blob stays while a version of a file needs it. Until here the new ones were
-- only lent for a time.
local counts = redis.call('HGETALL', KEYS[8])
for i = 1, #counts, 2 do
    local hash, blob = counts[i], ARGV[11] .. counts[i]
    if redis.call('HINCRBY', KEYS[11], hash, counts[i + 1]) > 0 then
        redis.call('PERSIST', blob)
    else
        redis.call('HDEL', KEYS[11], hash)
        redis.call('UNLINK', blob)
    end
end

local histories = redis.call('HGETALL', KEYS[7])
for i = 1, #histories, 2 do
    if histories[i + 1] == '' then
        redis.call('HDEL', KEYS[10], histories[i])
    else
        redis.call('HSET', KEYS[10], histories[i], histories[i + 1])
    end
end

local now = string.format('%.0f', now_ms())
local gone = redis.call('HGETALL', KEYS[9])
for i = 1, #gone, 2 do
    if gone[i + 1] == '1' then
        redis.call('ZADD', KEYS[12], now, gone[i])
    else
        redis.call('ZREM', KEYS[12], gone[i])
    end
end

local manifest = ARGV[10] .. ARGV[6]
redis.call('RENAME', KEYS[6], manifest)
redis.call('PERSIST', manifest)
redis.call('PEXPIRE', ARGV[10] .. string.format('%.0f', current), ARGV[12])
redis.call('UNLINK', KEYS[7], KEYS[8], KEYS[9])
redis.call('HSETNX', generations, 'epoch', context.seed .. '-' .. now)
redis.call('HSET', generations, ARGV[5], ARGV[6])
redis.call('HINCRBY', generations, 'all', 1)
redis.call('HSET', sync, 'report', ARGV[7], 'cursor', ARGV[8], 'served', ARGV[9], 'ended', ARGV[4])

publish_stored(context, false, ARGV[13])
return { 'flipped', tonumber(redis.call('HGET', sync, 'requests') or '0') }
