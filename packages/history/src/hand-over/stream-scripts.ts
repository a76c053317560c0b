import { HISTORY_OVERHEAD, NOTE_LATELY } from '@ringback/redis';

/*
 * The stream of events of a shard. An entry has `c` (callbacks), `a` (attempts) and `e` (the event, JSON). The state
 * is a hash: `bytes` of the stream; of what was dropped and is not in a gap yet: `since`, `until`, `callbacks`,
 * `attempts`; the gap that is being written: `gap` (its id), `gap.from`, `gap.to`, `gap.callbacks`, `gap.attempts`.
 */

/** A call that takes longer would hold up Redis. */
const DROPS_AT_ONCE = 200;

const NOTE_DROPPED = `${NOTE_LATELY}
local function noteDropped(state, callbacks, attempts, since, till)
  redis.call('HSETNX', state, 'since', since)
  redis.call('HSET', state, 'until', till)
  redis.call('HINCRBY', state, 'callbacks', callbacks)
  redis.call('HINCRBY', state, 'attempts', attempts)
  noteLately(KEYS[3], 'history')
end`;

/**
 * KEYS stream, state, lately · ARGV the most bytes, now, and what a process dropped by itself: callbacks, attempts, since.
 * Drops the oldest entries beyond the most → bytes, callbacks and attempts that were dropped here.
 */
export const GIVE_WAY = `${NOTE_DROPPED}
local bytes = tonumber(redis.call('HGET', KEYS[2], 'bytes') or '0')
local callbacks, attempts, dropped = 0, 0, 0
while bytes > tonumber(ARGV[1]) and dropped < ${DROPS_AT_ONCE} do
  local entry = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  if not entry then bytes = 0 break end
  redis.call('XDEL', KEYS[1], entry[1])
  dropped = dropped + 1
  local event = ''
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'c' then callbacks = callbacks + (tonumber(entry[2][i + 1]) or 0) end
    if entry[2][i] == 'a' then attempts = attempts + (tonumber(entry[2][i + 1]) or 0) end
    if entry[2][i] == 'e' then event = entry[2][i + 1] end
  end
  bytes = math.max(0, bytes - #event - ${HISTORY_OVERHEAD})
end
if dropped > 0 then
  redis.call('HSET', KEYS[2], 'bytes', bytes)
  noteDropped(KEYS[2], callbacks, attempts, ARGV[2], ARGV[2])
end
if tonumber(ARGV[3]) + tonumber(ARGV[4]) > 0 then noteDropped(KEYS[2], ARGV[3], ARGV[4], ARGV[5], ARGV[2]) end
return { bytes, callbacks, attempts }`;

/** KEYS stream, state · ARGV group, then the id of each entry and its bytes. Removes what is written. */
export const DONE = `
local freed = 0
for i = 2, #ARGV, 2 do
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  if redis.call('XDEL', KEYS[1], ARGV[i]) == 1 then freed = freed + ARGV[i + 1] end
end
if redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('HDEL', KEYS[2], 'bytes')
else
  redis.call('HINCRBY', KEYS[2], 'bytes', -freed)
end
return {}`;

/**
 * KEYS state · ARGV now, quiet ms, longest ms, an id. Nothing, or the gap that is to be written: id, from, to, callbacks,
 * attempts. It stays the same until END_GAP: a writer that dies meanwhile writes it again.
 */
export const TAKE_GAP = `
local gap = redis.call('HMGET', KEYS[1], 'gap', 'gap.from', 'gap.to', 'gap.callbacks', 'gap.attempts')
if gap[1] then return gap end
local open = redis.call('HMGET', KEYS[1], 'since', 'until', 'callbacks', 'attempts')
if not open[1] then return {} end
-- A clock that was set back does not keep a gap open for long.
local quiet = math.abs(ARGV[1] - open[2]) >= tonumber(ARGV[2])
if not quiet and ARGV[1] - open[1] < tonumber(ARGV[3]) then return {} end
redis.call('HDEL', KEYS[1], 'since', 'until', 'callbacks', 'attempts')
redis.call('HSET', KEYS[1], 'gap', ARGV[4], 'gap.from', open[1], 'gap.to', open[2], 'gap.callbacks', open[3], 'gap.attempts', open[4])
return { ARGV[4], unpack(open) }`;

/** KEYS state · ARGV id of the gap that was written. */
export const END_GAP = `
if redis.call('HGET', KEYS[1], 'gap') == ARGV[1] then
  redis.call('HDEL', KEYS[1], 'gap', 'gap.from', 'gap.to', 'gap.callbacks', 'gap.attempts')
end
return {}`;

/** KEYS stream · ARGV group, ms. Removes consumers that have been silent for so long and have nothing pending. */
export const FORGET_CONSUMERS = `
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local facts = {}
  for i = 1, #consumer, 2 do facts[consumer[i]] = consumer[i + 1] end
  if facts.pending == 0 and facts.idle > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], facts.name)
  end
end
return {}`;

export const GROUP = 'history';
