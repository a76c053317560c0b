import { createRunScript } from '@ringback/redis';
import { QueueKeys } from 'bullmq';
import type { Redis } from 'ioredis';

/*
 * This file leans on the insides of BullMQ 6.7.0: in which lists and sorted sets the ids of jobs stand, which end
 * is the oldest, and that a job is one hash. carry-jobs.test.ts fails when that changes.
 */

export type QueuePlace = { readonly redis: Redis; readonly prefix: string; readonly queue: string };

const SORTED = ['failed', 'delayed', 'prioritized'] as const;
/** The oldest is the last. `paused` was used by earlier versions. */
const LISTS = ['paused', 'wait', 'active'] as const;

export type JobState = (typeof SORTED)[number] | (typeof LISTS)[number];
/** `active` is the last: its locks may have to run out first. */
export const JOB_STATES: readonly JobState[] = [...SORTED, ...LISTS];

/** A job as it stands in Redis. */
export type StandingJob = {
  readonly id: string;
  readonly state: JobState;
  /** Of a sorted set. */
  readonly score: string;
  /** Empty: the queue names a job that is gone. */
  readonly fields: Readonly<Record<string, Buffer>>;
};

const keysOf = ({ prefix }: QueuePlace) => new QueueKeys(prefix);

/** From the oldest on, without the first `skip`. */
export async function jobsIn(place: QueuePlace, state: JobState, page: { skip: number; count: number }): Promise<StandingJob[]> {
  const entries = await entriesIn(place, state, page);
  const read = async ([id, score]: readonly [string, string]) => ({
    id,
    state,
    score,
    fields: await place.redis.hgetallBuffer(keysOf(place).toKey(place.queue, id)),
  });
  return Promise.all(entries.map(read));
}

async function entriesIn(place: QueuePlace, state: JobState, { skip, count }: { skip: number; count: number }) {
  const key = keysOf(place).toKey(place.queue, state);
  if (LISTS.some((list) => list === state)) {
    const ids = await place.redis.lrange(key, -(skip + count), -(skip + 1));
    return ids.toReversed().map((id) => [id, ''] as const);
  }
  const flat = await place.redis.zrange(key, String(skip), String(skip + count - 1), 'WITHSCORES');
  return flat.flatMap((id, index) => (index % 2 === 0 ? [[id, flat[index + 1] ?? '0'] as const] : []));
}

/** ms until the lock of a worker that is gone runs out. 0: there is none. */
export async function lockedFor(place: QueuePlace, id: string): Promise<number> {
  return Math.max(0, await place.redis.pttl(`${keysOf(place).toKey(place.queue, id)}:lock`));
}

/** KEYS job, list or sorted set, marker · ARGV command, id, score, fields and values → `put`, `there` or `taken`. */
const PUT = `
local data = redis.call('HGET', KEYS[1], 'data')
if data then
  for i = 4, #ARGV, 2 do
    if ARGV[i] == 'data' and ARGV[i + 1] == data then return { 'there' } end
  end
  return { 'taken' }
end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
if ARGV[1] == 'ZADD' then redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2]) else redis.call(ARGV[1], KEYS[2], ARGV[2]) end
redis.call('ZADD', KEYS[3], 0, '0')
return { 'put' }`;

/** What was taken by a worker that is gone waits again, before all others. */
const COMMANDS = {
  failed: 'ZADD',
  delayed: 'ZADD',
  prioritized: 'ZADD',
  paused: 'LPUSH',
  wait: 'LPUSH',
  active: 'RPUSH',
} as const;

/** `there`: it was put there before. `taken`: another job has its id. */
export async function putJob(place: QueuePlace, job: StandingJob): Promise<'put' | 'there' | 'taken'> {
  const keys = keysOf(place);
  const { id, state, score, fields } = job;
  const own = [keys.toKey(place.queue, id), keys.toKey(place.queue, standsIn(state)), keys.toKey(place.queue, 'marker')];
  const [answer] = await createRunScript(place.redis)(PUT, own, [COMMANDS[state], id, score, ...Object.entries(fields).flat()]);
  return answer === 'put' || answer === 'there' ? answer : 'taken';
}

const standsIn = (state: JobState) => (state === 'active' || state === 'paused' ? 'wait' : state);

/** KEYS job, list or sorted set, stalled · ARGV id, kind. */
const DROP = `
if ARGV[2] == 'list' then redis.call('LREM', KEYS[2], -1, ARGV[1]) else redis.call('ZREM', KEYS[2], ARGV[1]) end
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('DEL', KEYS[1])
return {}`;

/** Without BullMQ's events. */
export async function dropJob(place: QueuePlace, { id, state }: Pick<StandingJob, 'id' | 'state'>): Promise<void> {
  const keys = keysOf(place);
  const own = [keys.toKey(place.queue, id), keys.toKey(place.queue, state), keys.toKey(place.queue, 'stalled')];
  await createRunScript(place.redis)(DROP, own, [id, LISTS.some((list) => list === state) ? 'list' : 'sorted']);
}

/** KEYS job, list or sorted set · ARGV id, kind, data → [1] if the job stood there with just these data. */
const DROP_IF = `
if redis.call('HGET', KEYS[1], 'data') ~= ARGV[3] then return { 0 } end
local gone
if ARGV[2] == 'list' then gone = redis.call('LREM', KEYS[2], -1, ARGV[1]) else gone = redis.call('ZREM', KEYS[2], ARGV[1]) end
if gone == 0 then return { 0 } end
redis.call('DEL', KEYS[1])
return { 1 }`;

/** Without BullMQ's events. False: it is in another state now, or has other data. */
export async function dropJobIf(place: QueuePlace, { id, state, fields }: Omit<StandingJob, 'score'>): Promise<boolean> {
  const keys = keysOf(place);
  const own = [keys.toKey(place.queue, id), keys.toKey(place.queue, state)];
  const kind = LISTS.some((list) => list === state) ? 'list' : 'sorted';
  const [dropped] = await createRunScript(place.redis)(DROP_IF, own, [id, kind, fields['data'] ?? '']);
  return dropped === 1;
}
