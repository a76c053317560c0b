import type { JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';

/*
 * This file leans on the insides of BullMQ 6.7.0: options that it does not know are stored with the job, and
 * the field `opts` of the job's hash has them as JSON. BullMQ has no call that reads a job without its data, which
 * may be large. job-note.test.ts fails when that changes.
 */

/** Can be read without the job's data. */
export function withNote<O extends JobsOptions>(opts: O, note: object): O {
  return Object.assign({ ...opts }, { note });
}

export function readNotes({ redis, queue }: { redis: Redis; queue: Queue }, ids: readonly string[]): Promise<unknown[]> {
  return Promise.all(ids.map(async (id) => noteIn(await redis.hget(queue.toKey(id), 'opts'))));
}

function noteIn(opts: string | null): unknown {
  try {
    const value: unknown = JSON.parse(opts ?? '{}');
    return typeof value === 'object' && value !== null && 'note' in value ? value.note : undefined;
  } catch {
    return undefined;
  }
}
