-- Adds counts to a minute of a workspace's metrics. Every node adds what it has
-- counted since it last did, so a minute is the sum over all nodes.
--
-- KEYS  1 metrics
-- ARGV  1 minute, 2 counts as 'name=1 other=2', 3 how many minutes are kept,
--       4 ms after which metrics that nobody adds to are forgotten

local sums, names = {}, {}
local function add(counts)
    for name, count in string.gmatch(counts, '(%S+)=(%d+)') do
        if not sums[name] then
            sums[name] = 0
            names[#names + 1] = name
        end
        sums[name] = sums[name] + tonumber(count)
    end
end

local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then
    add(known)
else
    -- Once a minute: what is too old goes.
    local oldest = math.floor(tonumber(redis.call('TIME')[1]) / 60) - tonumber(ARGV[3]) + 1
    for _, minute in ipairs(redis.call('HKEYS', KEYS[1])) do
        if tonumber(minute) < oldest then
            redis.call('HDEL', KEYS[1], minute)
        end
    end
end
add(ARGV[2])

local counts = {}
for _, name in ipairs(names) do
    counts[#counts + 1] = name .. '=' .. string.format('%.0f', sums[name])
end
redis.call('HSET', KEYS[1], ARGV[1], table.concat(counts, ' '))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
