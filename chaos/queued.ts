import { type CallbackBatch, callbacksOf } from '@ringback/contracts';
import { Redis } from 'ioredis';
import { PREFIX } from './settings.ts';

/** In the order in which a worker would take them. */
export async function readQueued(redisUrl: string): Promise<string[]> {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 20, retryStrategy: () => 100 });
  redis.on('error', () => {});
  try {
    // The newest is at the front.
    const jobs = (await redis.lrange(`${PREFIX}:callbacks:wait`, 0, -1)).toReversed();
    const batches = await Promise.all(jobs.map((job) => redis.hget(`${PREFIX}:callbacks:${job}`, 'data')));
    return batches.flatMap((batch) => requestIDs(batch ?? '{"groups":[]}'));
  } finally {
    redis.disconnect();
  }
}

function requestIDs(batch: string): string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by our own ingress
  return callbacksOf(JSON.parse(batch) as CallbackBatch).map(({ id }) => id);
}
