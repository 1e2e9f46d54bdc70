-- Tells every node which socket now speaks for a session.
--
-- ARGV  4 claim

return publish_passing(context, 'claim', ARGV[4])
