-- What each script begins with.
--
-- KEYS[1], the log, is one sorted set, so that it is lost as a whole or not at all:
--   a tag (32 bytes)      when it ended last, in microseconds since 1970: 2^50 and more
--   'f' and a tag         a fence: -(until when, in milliseconds, * 2048 + how many there are)
--   'g' and a process' id the generation, when that process made it: from 1 up to 2^50
-- KEYS[2], the replicas, is a hash:
--   'g', 'b', 'k'         the generation again, when it began, and the last moment
--   'r' and an id         what a replica has told, and what it was granted

local log, replicas = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local CLOCKS = 2 ^ 50

local function whole(n) return string.format('%.0f', n) end

-- The process matters: another has other data, or data from the past.
local info = redis.pcall('INFO', 'server')
local process = type(info) == 'string' and string.match(info, 'run_id:(%x+)')
if not process then return redis.error_reply('NOPERM the command INFO has to be allowed, and to name the run_id') end

-- generation returns it and the last moment, or 0 where what is there is worth nothing.
local function generation()
  local logged = tonumber(redis.call('ZSCORE', log, 'g' .. process) or 0)
  local kept = redis.call('HMGET', replicas, 'g', 'k')
  if logged == 0 or logged ~= tonumber(kept[1] or 0) then return 0, 0 end
  return logged, tonumber(kept[2])
end

-- fence returns until when (milliseconds) and how many times a tag may be ending.
local function fence(tag)
  local score = -tonumber(redis.call('ZSCORE', log, 'f' .. tag) or 0)
  local ends = math.floor(score / 2048)
  return ends, score - ends * 2048
end

-- ended tells whether any of some tags, one after the other, has ended after a moment, or
-- may be ending. A fence that nobody has ended may have been one up to its last moment: who
-- made it may be gone.
local function ended(tags, since)
  for i = 1, #tags, 32 do
    local tag = string.sub(tags, i, i + 31)
    if tonumber(redis.call('ZSCORE', log, tag) or 0) > since then return true end
    if fence(tag) * 1000 > since then return true end
  end
  return false
end

-- replica reads what is known of one.
local function replica(id, text)
  text = text or redis.call('HGET', replicas, 'r' .. id)
  if not text then return nil end
  local n = {}
  for word in string.gmatch(text, '%S+') do n[#n + 1] = tonumber(word) end
  return {id = id, vouch = n[1], epoch = n[2], sequence = n[3], known = n[4], ends = n[5],
    lease = {n[6], n[7]}, want = {n[8], n[9]}}
end

-- release ends a claim, if it is this replica's.
local function release(key, id)
  local claim = redis.call('GET', key)
  if claim and string.sub(claim, 1, #id) == id then redis.call('DEL', key) end
end
