-- Rate limits by sliding window: one counter per window, the last one's counts by the share that is still in sight.
-- KEYS: a counter per limit. ARGV: now in ms, then per key: limit, window in ms.
-- Returns per key how many ms to wait; 0 everywhere means that the request was counted, else nothing was.
local now = tonumber(ARGV[1])
local counters, waits, allowed = {}, {}, true

for index, key in ipairs(KEYS) do
  local limit, length = tonumber(ARGV[2 * index]), tonumber(ARGV[2 * index + 1])
  local window = math.floor(now / length)
  local kept = redis.call('HMGET', key, 'window', 'current', 'last')
  local at, current, last = tonumber(kept[1]), tonumber(kept[2]) or 0, tonumber(kept[3]) or 0
  local elapsed = now - window * length
  if at and at > window then
    -- Counted by a clock ahead of ours.
    window, elapsed = at, 0
  elseif at == window - 1 then
    current, last = 0, current
  elseif at ~= window then
    current, last = 0, 0
  end

  local wait = 0
  if last * (1 - elapsed / length) + current + 1 > limit then
    allowed = false
    if current + 1 <= limit then
      wait = length * (1 - (limit - 1 - current) / last) - elapsed
    else
      wait = length - elapsed + length * (1 - (limit - 1) / current)
    end
    wait = math.max(1, math.ceil(wait))
  end
  counters[index] = { key, window, current + 1, last, length }
  waits[index] = wait
end

if allowed then
  for _, counter in ipairs(counters) do
    local key, window, current, last, length = unpack(counter)
    redis.call('HSET', key, 'window', window, 'current', current, 'last', last)
    redis.call('PEXPIRE', key, 2 * length)
  end
end
return waits
