/**
 * One command per batch. Touches ledger keys only. A claim is a string, `<batch> <digest of the body>`.
 * Outcomes of a batch at an output are a hash, by callback.
 */

/**
 * KEYS claims · ARGV batch, window in s, digests → a `Claim` for each. A batch that runs again MUST renew its
 * claims, as it may have waited longer than a window.
 */
export const CLAIM = `
local verdicts = {}
local mine = ARGV[1] .. ' '
for i, key in ipairs(KEYS) do
  local digest = ARGV[i + 2]
  if redis.call('SET', key, mine .. digest, 'NX', 'EX', ARGV[2]) then
    verdicts[i] = 'ours'
  else
    local held = redis.call('GET', key)
    if held:sub(1, #mine) == mine then
      verdicts[i] = 'again'
      if redis.call('PTTL', key) < 1000 * ARGV[2] then redis.call('EXPIRE', key, ARGV[2]) end
    elseif held:sub(held:find(' ', 1, true) + 1) == digest then
      verdicts[i] = 'duplicate'
    else
      verdicts[i] = 'conflict'
    end
  end
end
return verdicts`;

/** KEYS claims · ARGV batch. Claims of other batches stay. */
export const RELEASE = `
local mine = ARGV[1] .. ' '
for _, key in ipairs(KEYS) do
  local held = redis.call('GET', key)
  if held and held:sub(1, #mine) == mine then redis.call('DEL', key) end
end`;

/** KEYS outcomes · ARGV window in s. Never shortens a lifetime. */
export const RENEW = `
for _, key in ipairs(KEYS) do
  if redis.call('PTTL', key) < 1000 * ARGV[1] then redis.call('EXPIRE', key, ARGV[1]) end
end`;

/** KEYS outcomes of the batch at an output, claims · ARGV batch, s. Never shortens a lifetime. */
export const KEEP = `
local mine = ARGV[1] .. ' '
for i, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if left >= 0 and left < 1000 * ARGV[2] then
    if i == 1 or redis.call('GET', key):sub(1, #mine) == mine then redis.call('EXPIRE', key, ARGV[2]) end
  end
end`;

/**
 * KEYS outcomes · ARGV window in s, the number of callbacks for each of KEYS, then each callback and its
 * outcome. Never shortens a lifetime. `delivered` stays: a slow worker may report a failure late.
 */
export const RECORD = `
local at = 2
for _, key in ipairs(KEYS) do
  local last = at + 2 * ARGV[at]
  for i = at + 2, last, 2 do
    if ARGV[i] ~= 'delivered' and redis.call('HGET', key, ARGV[i - 1]) == 'delivered' then ARGV[i] = 'delivered' end
  end
  redis.call('HSET', key, unpack(ARGV, at + 1, last))
  if redis.call('PTTL', key) < 1000 * ARGV[1] then redis.call('EXPIRE', key, ARGV[1]) end
  at = last + 1
end`;
