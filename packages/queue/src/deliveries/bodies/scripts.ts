import { DROPPED, NOTE_LATELY } from '@ringback/redis';

/**
 * Every script may run again: nothing counts twice. Bodies key, a hash: `bodies` (the blob), `digest`, and
 * `@<output>` for each output that needs it, as JSON: state (`queued`, `held`, `dead`), count, bytes, `at`
 * (places in the blob; absent: all), `again`, `batch` (if the key has another name), `dead` (bytes of what
 * never waited). Backlog key, a hash: `<output>.count`, `.held`, `.bytes`, `.dead`, `.dropped`.
 */

export const COUNT = `
local function add(backlog, output, name, by)
  if by ~= 0 and redis.call('HINCRBY', backlog, output .. '.' .. name, by) == 0 then
    redis.call('HDEL', backlog, output .. '.' .. name)
  end
end
-- A key of another kind has no fields: it is not of our making.
local function field(bodies, name)
  local value = redis.pcall('HGET', bodies, name)
  return type(value) == 'string' and value
end
-- What cannot be read was counted as nobody knows what, and can be let go of all the same.
local function read(entry)
  local ok, own = pcall(cjson.decode, entry)
  if not ok or type(own) ~= 'table' then own = {} end
  local function number(name) return tonumber(own[name]) or 0 end
  return { own = own, state = own.state or 'held', count = number('count'), bytes = number('bytes'), dead = number('dead') }
end`;

/**
 * KEYS bodies, backlog, held list of each output; of a batch run before also outcomes and job of each ·
 * ARGV blob, digest, id, common entry, number of outputs, then for each: name, wanted state, count, places,
 * most bytes, most deliveries held, `beyond`; of a batch run before also the callbacks' keys → for each: its state, and `new` or
 * `there`. `elsewhere`: other bodies stand here, or a job that would be taken for the new one is about to
 * end.
 */
export const STORE = `${COUNT}
local outputs = tonumber(ARGV[5])
local function over(n)
  local outcomes, keys = KEYS[2 + outputs + n], ARGV[5 + 7 * outputs + n]
  if not outcomes then return false end
  for _, key in ipairs(cjson.decode(keys)) do
    if redis.call('HEXISTS', outcomes, key) == 0 then return false end
  end
  return true
end
local function jobStands(n)
  local job = KEYS[2 + 2 * outputs + n]
  return job and redis.call('EXISTS', job) == 1
end
local function isBeyond(output, name, more, most)
  return most ~= '' and tonumber(redis.call('HGET', KEYS[2], output .. '.' .. name) or '0') + more > tonumber(most)
end
local digest = redis.pcall('HGET', KEYS[1], 'digest')
local answers, stored = {}, false
for i = 3, 2 + outputs do
  local output, state, count, at, most, mostHeld, beyond = unpack(ARGV, 6 + (i - 3) * 7, 12 + (i - 3) * 7)
  local there = field(KEYS[1], '@' .. output)
  if there then
    state = read(there).state
  elseif over(i - 2) then
    state = 'over'
  elseif (digest and digest ~= ARGV[2]) or jobStands(i - 2) then
    state = 'elsewhere'
  else
    local bytes = #ARGV[1]
    if state == 'queued' and redis.call('LLEN', KEYS[i]) > 0 then state = 'held' end
    if state == 'held' and beyond ~= 'held' then
      if isBeyond(output, 'bytes', bytes, most) or isBeyond(output, 'held', tonumber(count), mostHeld) then state = beyond end
    end
    if state ~= 'dropped' then
      local entry = cjson.decode(ARGV[4])
      entry.state, entry.count, entry.bytes = state, tonumber(count), bytes
      if state == 'dead' then entry.bytes, entry.dead = 0, bytes end
      if at ~= '' then entry.at = at end
      redis.call('HSET', KEYS[1], '@' .. output, cjson.encode(entry))
      add(KEYS[2], output, 'count', entry.count)
      add(KEYS[2], output, 'bytes', entry.bytes)
      add(KEYS[2], output, 'dead', entry.dead or 0)
      if state == 'held' then
        add(KEYS[2], output, 'held', entry.count)
        redis.call('RPUSH', KEYS[i], ARGV[3])
      end
      stored = true
    end
  end
  answers[#answers + 1] = state
  answers[#answers + 1] = there and 'there' or 'new'
end
if stored and not digest then redis.call('HSET', KEYS[1], 'bodies', ARGV[1], 'digest', ARGV[2]) end
return answers`;

export const RELEASE_ONE = `${COUNT}
local function release(bodies, backlog, held, output, id)
  local there = field(bodies, '@' .. output)
  if not there then
    redis.call('LREM', held, 0, id)
    return 0
  end
  local entry = read(there)
  redis.call('HDEL', bodies, '@' .. output)
  add(backlog, output, 'count', -entry.count)
  add(backlog, output, 'bytes', -entry.bytes)
  add(backlog, output, 'dead', -entry.dead)
  if entry.state == 'held' then
    add(backlog, output, 'held', -entry.count)
    redis.call('LREM', held, 1, id)
  end
  local left = redis.call('HLEN', bodies)
  -- Of damaged bodies one of both may be missing.
  if left <= 2 and left == redis.call('HEXISTS', bodies, 'bodies') + redis.call('HEXISTS', bodies, 'digest') then
    redis.call('DEL', bodies)
  end
  return 1
end`;

/**
 * KEYS bodies, backlog, held list · ARGV output, id → [1] if the output needed it until now.
 * The last output deletes the key. An id without a share leaves the held list too.
 */
export const RELEASE = `${RELEASE_ONE}
return { release(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]) }`;

/** Like RELEASE, if no job needs it: KEYS also the batch's job and the output's job. A held share needs none. */
export const REAP = `${RELEASE_ONE}
local there = field(KEYS[1], '@' .. ARGV[1])
if not there or read(there).state == 'held' then return { 0 } end
if redis.call('EXISTS', KEYS[4], KEYS[5]) > 0 then return { 0 } end
return { release(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]) }`;

/** KEYS bodies, backlog, held list · ARGV output, id, what its job is now: `queued`, `again` or `dead`. */
export const FED = `${COUNT}
redis.call('LREM', KEYS[3], 1, ARGV[2])
local there = field(KEYS[1], '@' .. ARGV[1])
if there then
  local entry = read(there)
  local was = entry.own.state
  if was == 'held' or (was == 'queued' and ARGV[3] == 'dead') then
    entry.own.state = ARGV[3] == 'dead' and 'dead' or 'queued'
    if ARGV[3] ~= 'queued' then entry.own.again = true end
    if ARGV[3] == 'dead' then
      entry.own.bytes, entry.own.dead = 0, entry.bytes
      add(KEYS[2], ARGV[1], 'bytes', -entry.bytes)
      add(KEYS[2], ARGV[1], 'dead', entry.bytes)
    end
    redis.call('HSET', KEYS[1], '@' .. ARGV[1], cjson.encode(entry.own))
    if was == 'held' then add(KEYS[2], ARGV[1], 'held', -entry.count) end
  end
end
return {}`;

/**
 * KEYS bodies, backlog, held list and job of the output · ARGV output, id, name of the one whose share it gets,
 * count, places → `held`, or why not: `there`, `gone`, or `elsewhere` where a job of its own for these bodies is
 * about to end, and would be taken for that of the new share.
 */
export const HAND_OVER = `${COUNT}
if redis.call('HEXISTS', KEYS[1], '@' .. ARGV[1]) == 1 then return { 'there' } end
local from = redis.call('HGET', KEYS[1], '@' .. ARGV[3])
if not from then return { 'gone' } end
if redis.call('EXISTS', KEYS[4]) == 1 then return { 'elsewhere' } end
local entry = cjson.decode(from)
entry.state, entry.count, entry.at, entry.again = 'held', tonumber(ARGV[4]), ARGV[5], true
entry.bytes, entry.dead = entry.bytes + (entry.dead or 0), nil
redis.call('HSET', KEYS[1], '@' .. ARGV[1], cjson.encode(entry))
add(KEYS[2], ARGV[1], 'count', entry.count)
add(KEYS[2], ARGV[1], 'bytes', entry.bytes)
add(KEYS[2], ARGV[1], 'held', entry.count)
redis.call('RPUSH', KEYS[3], ARGV[2])
return { 'held' }`;

/**
 * KEYS outcomes of the batch at the output, backlog, lately · ARGV output, window in s, keys of callbacks
 * → [how many were new]. Writes the outcome `dropped` where there is none. A longer lifetime stays.
 */
export const DROP = `${COUNT}${NOTE_LATELY}
local dropped = 0
for i = 3, #ARGV do dropped = dropped + redis.call('HSETNX', KEYS[1], ARGV[i], 'dropped') end
if redis.call('PTTL', KEYS[1]) < 1000 * ARGV[2] then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
add(KEYS[2], ARGV[1], 'dropped', dropped)
if dropped > 0 then noteLately(KEYS[3], '${DROPPED}' .. ARGV[1]) end
return { dropped }`;
