import { CallbackBatch } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { metaKey, oldestData } from '../bullmq/keys.ts';
import { CALLBACKS, outputRegistryKey } from '../bullmq/names.ts';
import { runningProcesses } from './registry.ts';
import { type Standing, standingUnder } from './standing.ts';

/** All prefixes ever used. Settings do not change its name. */
const PREFIXES_KEY = 'ringback:prefixes';

/** A Redis may hold millions. */
const SCAN_COUNT = 1000;
const MAX_SCANS = 100;
const MAX_PREFIXES = 100;

const META = metaKey('', CALLBACKS);
const batch = Compile(CallbackBatch);

export type LeftPrefix = Standing & { readonly prefix: string };

export async function notePrefix(redis: Redis, prefix: string): Promise<void> {
  await redis.sadd(PREFIXES_KEY, prefix);
}

/** Looks at 100 at most. */
export async function leftPrefixes(redis: Redis, prefix: string): Promise<LeftPrefix[]> {
  const others = (await redis.smembers(PREFIXES_KEY)).filter((other) => other !== prefix).toSorted();
  const left: LeftPrefix[] = [];
  for (const other of others.slice(0, MAX_PREFIXES)) {
    const standing = await standingUnder(redis, other);
    const waits = Object.values(standing).some((count) => count > 0);
    if (waits && !(await isServed(redis, other))) left.push({ prefix: other, ...standing });
  }
  return left;
}

async function isServed(redis: Redis, prefix: string): Promise<boolean> {
  return (await runningProcesses({ redis, prefix })).some(({ app }) => app === 'worker');
}

/** Older than this register, and among the first 100 000 keys or so. */
export async function findOlderPrefixes(redis: Redis): Promise<void> {
  let cursor = '0';
  for (let scans = 0; scans < MAX_SCANS; scans += 1) {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `*${META}`, 'COUNT', SCAN_COUNT);
    for (const key of keys) {
      const prefix = key.slice(0, -META.length);
      if (await isOurs(redis, prefix)) await notePrefix(redis, prefix);
    }
    if (next === '0') return;
    cursor = next;
  }
}

/** Others may have a BullMQ queue `callbacks`. Ours has a register of outputs, or batches of ours. */
async function isOurs(redis: Redis, prefix: string): Promise<boolean> {
  if ((await redis.type(outputRegistryKey(prefix))) === 'set') return true;
  const data = await oldestData(redis, prefix, CALLBACKS);
  try {
    return batch.Check(JSON.parse(data ?? ''));
  } catch {
    return false;
  }
}
