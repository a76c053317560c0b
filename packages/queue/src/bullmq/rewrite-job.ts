import { createRunScript } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { jobKey, lockKey } from './keys.ts';

/*
 * This file leans on the insides of BullMQ 6.7.0: a job is one hash whose field `data` is JSON, and a worker that has
 * it under way holds `<job>:lock`, which it takes in the script that reads `data`. rewrite-job.test.ts fails when that
 * changes.
 */

type JobPlace = { readonly redis: Redis; readonly prefix: string; readonly queue: string; readonly id: string };

/** KEYS job, lock · ARGV data as it was read, new data → `rewritten`, or `under way`, `changed`, `gone`. */
const REWRITE = `
local data = redis.call('HGET', KEYS[1], 'data')
if not data then return { 'gone' } end
if redis.call('EXISTS', KEYS[2]) == 1 then return { 'under way' } end
if data ~= ARGV[1] then return { 'changed' } end
redis.call('HSET', KEYS[1], 'data', ARGV[2])
return { 'rewritten' }`;

const ANSWERS = ['rewritten', 'under way', 'changed', 'gone'] as const;

/** Only if no worker has the job under way, and it is still as it was read: then none works on what it held. */
export async function rewriteJob(place: JobPlace, was: string, data: unknown): Promise<(typeof ANSWERS)[number]> {
  const key = jobKey(place.prefix, place.queue, place.id);
  const [answer] = await createRunScript(place.redis)(REWRITE, [key, lockKey(key)], [was, JSON.stringify(data)]);
  return ANSWERS.find((known) => known === answer) ?? 'changed';
}

/** Names of queues and ids of jobs hold no `:`. Undefined: no key of a job. */
export function jobOfKey(prefix: string, key: string): { readonly queue: string; readonly id: string } | undefined {
  const [queue, id, ...more] = key.slice(prefix.length + 1).split(':');
  return queue === undefined || id === undefined || more.length > 0 ? undefined : { queue, id };
}

/** JSON text as it stands. Undefined: the key is no job's, or the job is gone. */
export async function jobData(redis: Redis, key: string): Promise<string | undefined> {
  return (await redis.hget(key, 'data').catch(() => null)) ?? undefined;
}
