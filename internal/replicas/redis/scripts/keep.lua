-- Stores a session, unless it has ended since it was asked for, and ends the claim.
local id, retention, made, since = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local sent, fresh, stale, body = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
release(KEYS[4], id)
local current, last = generation()
now = math.max(now, last)
local tags = string.sub(body, 2, 1 + 32 * string.byte(body, 1))
if current == 0 or made ~= current or stale <= now or since < now - retention or ended(tags, since) then
  return {0}
end
local there = redis.call('GETRANGE', KEYS[3], 0, 39)
if #there == 40 then
  local of, _, asked, _, ends = struct.unpack('>ddddd', there)
  if of == current and asked >= sent and ends > now then return {1} end -- it is younger
end
redis.call('SET', KEYS[3], struct.pack('>ddddd', made, since, sent, fresh, stale) .. body, 'PXAT', whole(math.floor(stale / 1000)))
return {1}
