-- Notes that a session works on files, tells of it, and finds who else does: all in
-- one step, so that of two sessions at once the later one always hears of the earlier.
--
-- KEYS  4 active sessions, 5 limit, 6… one hash a file: sessions with the time of
--       their last report and who they are, and pairs of sessions that were warned
-- ARGV  4 session, 5 who it is (JSON), 6 window in ms, 7 ms for which the same file is
--       not told of again, 8 reports a minute, 9 body of the file event up to its paths
--       and 10 from there, 11 body of a warning up to its recipients and 12 from there up to
--       the repository's end, 13… the paths (JSON)
-- Returns {'claimed', number of a file, who works on it (JSON list), …} or
--         {'limited', ms to wait}.

local FILES, PATHS = 5, 12
local session, own = ARGV[4], ARGV[5]
local window, quiet = tonumber(ARGV[6]), tonumber(ARGV[7])
local now = now_ms()

local wait = wait_of(KEYS[5], tonumber(ARGV[8]), now, 60000)
if wait then
    return { 'limited', wait }
end
count_one(KEYS[5], tonumber(ARGV[8]), now, 60000)

local told, warnings, answer = {}, {}, { 'claimed' }
for index = 1, #KEYS - FILES do
    local file, path = KEYS[index + FILES], ARGV[index + PATHS]
    local holder, others, recipients, is_news = own, {}, { cjson.encode(session) }, false
    local last
    local fields = redis.call('HGETALL', file)
    for i = 1, #fields, 2 do
        local name = fields[i]
        local reported, who = string.match(fields[i + 1], '^(%d+) ?(.*)$')
        if tonumber(reported) <= now - window then
            redis.call('HDEL', file, name)
        elseif name == session then
            holder, last = who, tonumber(reported)
        elseif who ~= '' and redis.call('ZSCORE', KEYS[4], name) then
            others[#others + 1] = who
            recipients[#recipients + 1] = cjson.encode(name)
            local pair = name < session and name .. ' ' .. session or session .. ' ' .. name
            local warned = redis.call('HGET', file, pair)
            if not warned or tonumber(warned) <= now - window then
                is_news = true
                redis.call('HSET', file, pair, string.format('%.0f', now))
            end
        end
    end
    redis.call('HSET', file, session, string.format('%.0f', now) .. ' ' .. holder)
    redis.call('PEXPIRE', file, window)
    if not last or last <= now - quiet then
        told[#told + 1] = path
    end
    if #others > 0 then
        answer[#answer + 1] = string.format('%.0f', index)
        answer[#answer + 1] = '[' .. table.concat(others, ',') .. ']'
        if is_news then
            warnings[#warnings + 1] = ARGV[11] .. table.concat(recipients, ',') .. ARGV[12]
                .. ',"path":' .. path .. ',"sessions":[' .. table.concat(others, ',') .. ',' .. holder .. ']}}'
        end
    end
end

if #told > 0 then
    publish_stored(context, false, ARGV[9] .. table.concat(told, ',') .. ARGV[10])
end
for _, body in ipairs(warnings) do
    -- Into the messages as well: it shall reach its recipients' inboxes.
    publish_stored(context, true, body)
end
return answer
