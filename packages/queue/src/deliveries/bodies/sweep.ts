import { createRunScript } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { jobKey } from '../../bullmq/keys.ts';
import { CALLBACKS } from '../../bullmq/names.ts';
import { createBodies } from './bodies.ts';
import { backlogKey, bodiesKey, heldKey, referenceJobKey } from './keys.ts';
import { REAP } from './scripts.ts';

const KEYS_AT_ONCE = 100;

type Access = { readonly redis: Redis; readonly prefix: string };

export type SweepOptions = Access & { readonly stop: AbortSignal };

/**
 * Finds bodies that no job needs (after a crash, or when a job was removed by other means) and lets go of them, in
 * small steps. Resolves to the number of shares.
 */
export async function sweepBodies({ redis, prefix, stop }: SweepOptions): Promise<number> {
  const run = createRunScript(redis);
  let swept = 0;
  for await (const id of bodiesIds({ redis, prefix })) {
    if (stop.aborted) return swept;
    for (const { output, batch } of await sharesOf(redis, bodiesKey(prefix, id), id)) {
      const own = [bodiesKey(prefix, id), backlogKey(prefix), heldKey(prefix, output)];
      const jobs = [jobKey(prefix, CALLBACKS, batch), referenceJobKey(prefix, id, output)];
      const [released] = await run(REAP, [...own, ...jobs], [output, id]);
      swept += Number(released);
    }
  }
  return swept;
}

/** Lets go of all that an output needs, and of its counts. Only for an output without worker and jobs. */
export async function forgetShares({ redis, prefix }: Access, output: string): Promise<void> {
  const bodies = createBodies({ redis, prefix });
  // From the head of the list: that needs no search.
  for (const id of await bodies.held(output)) await bodies.release(id, output);
  for await (const id of bodiesIds({ redis, prefix })) {
    if ((await redis.hexists(bodiesKey(prefix, id), `@${output}`)) === 1) await bodies.release(id, output);
  }
  await redis.hdel(backlogKey(prefix), `${output}.dropped`);
}

/** In steps. One may come twice; one that is stored meanwhile may be missed. */
async function* bodiesIds({ redis, prefix }: Access): AsyncGenerator<string> {
  const start = bodiesKey(prefix, '');
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${start}*`, 'COUNT', KEYS_AT_ONCE, 'TYPE', 'hash');
    cursor = next;
    for (const key of keys) yield key.slice(start.length);
  } while (cursor !== '0');
}

async function sharesOf(redis: Redis, key: string, id: string): Promise<{ output: string; batch: string }[]> {
  const fields = (await redis.hkeys(key)).filter((field) => field.startsWith('@'));
  const entries = fields.length === 0 ? [] : await redis.hmget(key, ...fields);
  return fields.map((field, index) => ({ output: field.slice(1), batch: batchOf(entries[index]) ?? id }));
}

function batchOf(entry: string | null | undefined): string | undefined {
  const value = jsonOf(entry ?? '{}');
  const named = typeof value === 'object' && value !== null && 'batch' in value ? value.batch : undefined;
  return typeof named === 'string' ? named : undefined;
}

/** A damaged one is left for a person. */
function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
