-- Tells what has ended at a replica, and learns what has ended elsewhere, who there is, and
-- its share of the rates.
local id, epoch, known, since = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local vouch, sequence, reset, leave = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1', ARGV[8] == '1'
local timeout, retention, expected = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local total, want = {tonumber(ARGV[12]), tonumber(ARGV[13])}, {tonumber(ARGV[14]), tonumber(ARGV[15])}
local others, kinds, tags = ARGV[16], ARGV[17], ARGV[18]
local forget, rate_lease = tonumber(ARGV[19]), tonumber(ARGV[20])
local max_log, max_page, max_replicas = tonumber(ARGV[21]), tonumber(ARGV[22]), tonumber(ARGV[23])
local holding = {tonumber(ARGV[24]), tonumber(ARGV[25])}
local DAY, JUMP, TRIM = 86400000, 1000000, 2000

-- A generation begins where there is none, its clock has gone back, the replica has seen a
-- later one or has lost count, or there is too much to remember.
local current, last = generation()
if current == 0 or last > now + JUMP or known > current or reset
    or redis.call('ZCARD', log) - 1 > max_log then
  redis.call('DEL', log, replicas)
  current, last = math.max(math.floor(now / 1000), math.floor(known / 256) + 1) * 256 + tonumber(string.sub(process, 1, 2), 16), now
  redis.call('ZADD', log, current, 'g' .. process)
  redis.call('HSET', replicas, 'g', whole(current), 'b', whole(now))
  redis.call('PEXPIRE', log, DAY)
end
now = math.max(now, last + 1)
local clock = now
local all, count, birth = {}, 0, 0
local fields = redis.call('HGETALL', replicas)
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 1) == 'r' then
    local r = replica(string.sub(fields[i], 2), fields[i + 1])
    all[r.id], count = r, count + 1
  elseif fields[i] == 'b' then
    birth = tonumber(fields[i + 1])
  end
end

-- What has ended since, before this replica's own is added.
local news, more, seen = {}, 0, nil
if known == current then
  local page = redis.call('ZRANGEBYSCORE', log, '(' .. whole(math.max(since, CLOCKS)), '+inf', 'WITHSCORES', 'LIMIT', 0, max_page + 1)
  for i = 1, math.min(#page, 2 * max_page), 2 do news[#news + 1] = page[i] end
  if #page > 2 * max_page then more, seen = 1, tonumber(page[2 * max_page]) end
end

local function write(r)
  redis.call('HSET', replicas, 'r' .. r.id, string.format('%.0f %.0f %.0f %.0f %.0f %.17g %.17g %.17g %.17g', r.vouch, r.epoch,
    r.sequence, r.known, r.ends, r.lease[1], r.lease[2], r.want[1], r.want[2]))
end

local function record(name, moment)
  count = count + 1
  all[name] = {id = name, vouch = moment, epoch = 0, sequence = 0, known = 0, ends = 0, lease = {0, 0}, want = {0, 0}}
  return all[name]
end

-- mark notes a change of a fence.
local function mark(tag, kind)
  local ends, active = fence(tag)
  if ends * 1000 <= now then ends, active = 0, 0 end
  if kind == '1' then
    ends, active = math.max(ends, math.ceil((now + timeout) / 1000)), math.min(active + 1, 2047)
  elseif kind == '2' and active < 2047 then
    active = active - 1
  end
  if active > 0 then
    redis.call('ZADD', log, -(ends * 2048 + active), 'f' .. tag)
  else
    redis.call('ZREM', log, 'f' .. tag)
  end
end

-- trim forgets the oldest endings, and the fences that were over before any load began that
-- can still come back, some at a time.
local function trim()
  local function some(low, high)
    local count = redis.call('ZCOUNT', log, low, '(' .. high)
    if count == 0 then return end
    local first = redis.call('ZCOUNT', log, '-inf', '(' .. low)
    redis.call('ZREMRANGEBYRANK', log, first, first + math.min(count, TRIM) - 1)
  end
  some(whole(CLOCKS), whole(now - retention))
  some(whole(-(math.floor((now - timeout) / 1000) * 2048 + 2047)), '0')
end

-- tell takes the replica's endings.
local function tell()
  trim()
  for i = 1, #kinds do
    local tag = string.sub(tags, 32 * i - 31, 32 * i)
    clock = clock + 1
    redis.call('ZADD', log, clock, tag)
    if known == current then mark(tag, string.sub(kinds, i, i)) end
  end
end

local me = all[id]
if vouch > 0 then
  if not me then
    for name in string.gmatch(others, '%S+') do
      if not all[name] and birth + forget > now and count < max_replicas then write(record(name, birth)) end
    end
    if count >= max_replicas then return redis.error_reply('ERR too many replicas') end
    me = record(id, 0)
  end
  me.vouch, me.epoch, me.want = math.max(me.vouch, math.min(now, vouch)), math.max(me.epoch, epoch), want
  if #kinds > 0 and sequence > me.sequence then
    me.sequence = sequence
    tell()
  end
end

-- Who there is, and up to when all of them have told all. Where all is new and not as many
-- have come as there should be, it is not known who else has something to tell.
local oldest, names = now, {}
for name, r in pairs(all) do
  if name ~= id and r.vouch + forget < now then
    redis.call('HDEL', replicas, 'r' .. name)
    all[name], count = nil, count - 1
  else
    oldest, names[#names + 1] = math.min(oldest, r.vouch), name
  end
end
table.sort(names)
if count < expected and birth + forget > now then oldest = math.min(oldest, birth) end

-- share is what others leave: each has what it was granted, or the lesser of what it wants
-- and what is fair. One that is silent takes an equal part by itself, and for those that are
-- still to come, a little is left over.
local function share(i)
  local parts = math.max(expected, count)
  local least, left = total[i] / (10 * parts), total[i]
  local wants, alone = {}, {}
  left = left - least * (parts - count)
  for name, r in pairs(all) do
    if name ~= id and (r.known == 0 or now - r.vouch > rate_lease) then
      alone[name] = total[i] / math.max(expected, r.known > 0 and r.known or count)
      left = left - alone[name]
    else
      wants[#wants + 1] = math.max(r.want[i], least)
    end
  end
  table.sort(wants)
  local fair, rest = math.huge, math.max(0, left)
  for n, wanted in ipairs(wants) do
    local level = rest / (#wants - n + 1)
    if wanted > level then fair = level break end
    rest = rest - wanted
  end
  for name, r in pairs(all) do
    if name ~= id then
      local taken = alone[name] and 0 or math.min(math.max(r.want[i], least), fair)
      if r.ends > now then taken = math.max(taken, r.lease[i] - (alone[name] or 0)) end
      left = left - taken
    end
  end
  return math.max(0, math.min(math.max(want[i], least), left))
end

local granted = {0, 0}
if vouch > 0 then
  granted = {share(1), share(2)}
  me.known, me.ends = count, now + rate_lease
  for i = 1, 2 do me.lease[i] = math.max(granted[i], holding[i]) end -- until it knows
  write(me)
end
if leave and known == current then redis.call('HDEL', replicas, 'r' .. id) end
redis.call('HSET', replicas, 'k', whole(clock))
redis.call('PEXPIRE', replicas, DAY)
if redis.call('PTTL', log) < DAY / 2 then redis.call('PEXPIRE', log, DAY) end
return {now, current, seen or clock, more, oldest, table.concat(news), table.concat(names, ' '),
  string.format('%.17g', granted[1]), string.format('%.17g', granted[2])}
