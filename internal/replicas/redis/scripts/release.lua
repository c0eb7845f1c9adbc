-- Ends a claim.
release(KEYS[4], ARGV[1])
return {1}
