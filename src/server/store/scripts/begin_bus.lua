-- Where a workspace's bus stands; one that is not there yet begins.
--
-- Returns {epoch, offset, ms}; the last two are nil before the first event.

local epoch = epoch_of(context.bus, context.seed)
local stand = redis.call('HMGET', context.bus, 'offset', 'ms')
return { epoch, stand[1], stand[2] }
