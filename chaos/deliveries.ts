import { callbackKey } from '@ringback/contracts';
import { SAMPLE_ACCOUNT } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { PREFIX, SOURCE } from './settings.ts';

/** What has become of deliveries, by output and requestID. */
export type Deliveries = {
  /** Notes a request that the destination answered with 200. */
  readonly arrived: (output: string, requestID: string) => void;
  /** How often it was answered with 200. */
  readonly arrivals: (output: string, requestID: string) => number;
  /** Deliveries of an output that arrived, each counted once. */
  readonly arrivedAt: (output: string) => number;
  /** Answers with 200 beyond the first of each delivery, in all. */
  readonly duplicates: () => number;
};

const key = (output: string, requestID: string) => JSON.stringify([output, requestID]);

/** An empty record. */
export function createDeliveries(): Deliveries {
  const counts = new Map<string, number>();
  const perOutput = new Map<string, number>();
  return {
    arrived(output, requestID) {
      const before = counts.get(key(output, requestID)) ?? 0;
      counts.set(key(output, requestID), before + 1);
      if (before === 0) perOutput.set(output, (perOutput.get(output) ?? 0) + 1);
    },
    arrivedAt: (output) => perOutput.get(output) ?? 0,
    arrivals: (output, requestID) => counts.get(key(output, requestID)) ?? 0,
    duplicates: () => [...counts.values()].reduce((sum, count) => sum + count - 1, 0),
  };
}

/** The dead letters that Redis holds: the failed set of each output's queue, where a delivery's id ends in its callback's key and the output's name. */
export async function readDeadLetters(
  redisUrl: string,
  outputs: readonly string[],
): Promise<(output: string, requestID: string) => boolean> {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 20, retryStrategy: () => 100 });
  redis.on('error', () => {});
  try {
    const perOutput = await Promise.all(outputs.map((output) => redis.zrange(`${PREFIX}:output.${output}:failed`, '0', '-1')));
    const ids = new Set(perOutput.flat().map((id) => id.split('.').slice(-2).join('.')));
    return (output, requestID) =>
      ids.has(`${callbackKey({ source: SOURCE, account: SAMPLE_ACCOUNT.uuid, id: requestID })}.${output}`);
  } finally {
    redis.disconnect();
  }
}
