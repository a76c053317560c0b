import { COUNT, RELEASE_ONE } from './scripts.ts';

/**
 * The outcomes `parked` and `returned` of a delivery decide: it MUST be in one place that is attempted, or in none.
 * The mark of a share (`mark`, `markedAt` in s) tells whether it is as its reader found it.
 */

/**
 * KEYS bodies, job of the output · ARGV output, mark, how long another's mark counts in s → [], [`busy`], or
 * [`marked`, the blob, the entry]. A share with a job is about to be attempted.
 */
export const MARK = `${COUNT}
local there = field(KEYS[1], '@' .. ARGV[1])
if not there or redis.call('EXISTS', KEYS[2]) == 1 then return {} end
local own = read(there).own
if own.state ~= 'held' then return {} end
local now = tonumber(redis.call('TIME')[1])
if own.mark and now - (tonumber(own.markedAt) or 0) < tonumber(ARGV[3]) then return { 'busy' } end
own.mark, own.markedAt = ARGV[2], now
redis.call('HSET', KEYS[1], '@' .. ARGV[1], cjson.encode(own))
return { 'marked', field(KEYS[1], 'bodies') or '', there }`;

/**
 * KEYS bodies, backlog, held list, job, outcomes · ARGV output, id, mark, window in s, keys of its callbacks →
 * [`kept`] if the share is not as it was marked, or [`parked`, then for each 1 if it had no outcome]. The store MUST
 * have the deliveries by now.
 */
export const PARK = `${RELEASE_ONE}
local there = field(KEYS[1], '@' .. ARGV[1])
if not there or redis.call('EXISTS', KEYS[4]) == 1 then return { 'kept' } end
local own = read(there).own
if own.state ~= 'held' or own.mark ~= ARGV[3] then return { 'kept' } end
local answers = { 'parked' }
for i = 5, #ARGV do
  local outcome = redis.call('HGET', KEYS[5], ARGV[i])
  local rests = not outcome or outcome == 'returned'
  if rests then redis.call('HSET', KEYS[5], ARGV[i], 'parked') end
  answers[#answers + 1] = rests and 1 or 0
end
if redis.call('PTTL', KEYS[5]) < 1000 * ARGV[4] then redis.call('EXPIRE', KEYS[5], ARGV[4]) end
release(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2])
return answers`;

/**
 * KEYS bodies to be, backlog, held list, outcomes, job to be, bodies that the deliveries were parked from · ARGV
 * output, id, window in s, blob, digest, entry, 1 if those bodies decide nothing, keys of callbacks → for each:
 * `returned` (held now), `settled` (it is in another place, or has ended), `here` (it may never have left the bodies:
 * what parks it now fails), or `elsewhere` (other bodies have the id, or a job that is ending).
 */
export const BRING_BACK = `${COUNT}
local there = field(KEYS[1], '@' .. ARGV[1])
local digest = redis.pcall('HGET', KEYS[1], 'digest')
local taken = not there and ((digest and digest ~= ARGV[5]) or redis.call('EXISTS', KEYS[5]) == 1)
local from = ARGV[7] ~= '1' and field(KEYS[6], '@' .. ARGV[1])
if from then
  local own = read(from).own
  own.mark, own.markedAt = nil, nil
  redis.call('HSET', KEYS[6], '@' .. ARGV[1], cjson.encode(own))
end
local function answerFor(outcome)
  if outcome and outcome ~= 'parked' then return 'settled' end
  if not outcome and from then return 'here' end
  if taken or (there and outcome) then return 'elsewhere' end
  return 'returned'
end
local answers, at = {}, {}
for i = 8, #ARGV do
  local answer = answerFor(redis.call('HGET', KEYS[4], ARGV[i]))
  answers[#answers + 1] = answer
  -- With a share that is there, an earlier run stored just these.
  if answer == 'returned' and not there then
    redis.call('HSET', KEYS[4], ARGV[i], 'returned')
    at[#at + 1] = i - 8
  end
end
if #at == 0 then return answers end
if redis.call('PTTL', KEYS[4]) < 1000 * ARGV[3] then redis.call('EXPIRE', KEYS[4], ARGV[3]) end
local entry = cjson.decode(ARGV[6])
entry.state, entry.count, entry.bytes, entry.again = 'held', #at, #ARGV[4], true
if #at < #answers then entry.at = table.concat(at, ',') end
redis.call('HSET', KEYS[1], 'bodies', ARGV[4], 'digest', ARGV[5], '@' .. ARGV[1], cjson.encode(entry))
add(KEYS[2], ARGV[1], 'count', entry.count)
add(KEYS[2], ARGV[1], 'bytes', entry.bytes)
add(KEYS[2], ARGV[1], 'held', entry.count)
redis.call('RPUSH', KEYS[3], ARGV[2])
return answers`;
