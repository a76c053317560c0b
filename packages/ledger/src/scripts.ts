/**
 * The ledger's own Lua, so that a whole batch costs one command. It touches the ledger's keys and no others: BullMQ's are BullMQ's.
 * A callback's entry is one hash: field `claim` is `claimed <batch>` or `done <batch>`, `body` the digest of the body that was claimed, and a field for each output holds its outcome.
 */

/** KEYS entries · ARGV batch, window in s, digest of each body → for each: `ours`, `done`, `duplicate` or `conflict`. */
export const CLAIM = `
local verdicts = {}
for i, key in ipairs(KEYS) do
  local held = redis.call('HGET', key, 'claim')
  if not held then
    redis.call('HSET', key, 'claim', 'claimed ' .. ARGV[1], 'body', ARGV[i + 2])
    redis.call('EXPIRE', key, ARGV[2])
    verdicts[i] = 'ours'
  elseif held == 'claimed ' .. ARGV[1] then
    verdicts[i] = 'ours'
  elseif held == 'done ' .. ARGV[1] then
    verdicts[i] = 'done'
  elseif (redis.call('HGET', key, 'body') or ARGV[i + 2]) ~= ARGV[i + 2] then
    verdicts[i] = 'conflict'
  else
    verdicts[i] = 'duplicate'
  end
end
return verdicts`;

/** KEYS entries · ARGV field, value of each, …, window in s at the end. Writes the fields; an entry that had run out, so that this is its only field, lives for another window. */
export const RECORD = `
local window = ARGV[#ARGV]
for i, key in ipairs(KEYS) do
  local new = redis.call('HSET', key, ARGV[2 * i - 1], ARGV[2 * i])
  if new == 1 and redis.call('HLEN', key) == 1 then redis.call('EXPIRE', key, window) end
end`;

/** KEYS entries · ARGV field → each entry's value of the field, or false. */
export const READ = `
local values = {}
for i, key in ipairs(KEYS) do values[i] = redis.call('HGET', key, ARGV[1]) end
return values`;
