-- Looks for a session, and claims what is not there, or not fresh enough.
local id, epoch, retention, timeout = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local claim_lease, claiming, ahead, of = tonumber(ARGV[5]), ARGV[6] == '1', tonumber(ARGV[7]), ARGV[8]
local current, last = generation()
if current == 0 then return {0, 0, 0, 0, 0, ''} end
now = math.max(now, last)
local moment = math.max(now - 1, last)

local session = redis.call('GET', KEYS[3]) or ''
if session ~= '' then
  local made, since, _, fresh, stale, count = struct.unpack('>dddddB', session)
  local tags = of .. string.sub(session, 42, 41 + 32 * count)
  if made ~= current or stale <= now or since < now - retention or ended(tags, since) then
    session = ''
  elseif fresh > now + ahead then
    return {now, current, moment, 0, 0, session}
  end
end

-- A claim is good for as long as its owner is there, over the same connection.
local claim = redis.call('GET', KEYS[4])
if claim then
  local owner, connection, ends = string.match(claim, '^(%S+) (%S+) (%S+)$')
  local r = owner ~= id and replica(owner)
  if r and r.epoch == tonumber(connection) then
    local good = math.min(tonumber(ends) - now, claim_lease - (now - r.vouch))
    if good > 0 then return {now, current, moment, 0, good, session} end
  end
end
if claiming then
  redis.call('SET', KEYS[4], id .. ' ' .. whole(epoch) .. ' ' .. whole(now + timeout), 'PX', math.ceil(timeout / 1000))
end
return {now, current, moment, claiming and 1 or 0, 0, session}
