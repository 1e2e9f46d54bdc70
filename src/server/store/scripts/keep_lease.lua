-- Keeps a lease for longer, or gives it back, if it is still the holder's.
--
-- KEYS  1 lease
-- ARGV  1 holder, 2 life in ms; 0 gives it back
-- Returns 1 if it was the holder's.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
if ARGV[2] == '0' then
    redis.call('DEL', KEYS[1])
else
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
