import { callbackKey } from '@ringback/contracts';
import { SAMPLE_ACCOUNT } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { PREFIX, SOURCE } from './settings.ts';

/** By output and requestID. */
export type Deliveries = {
  /** Answered with 200. */
  readonly arrived: (output: string, requestID: string) => void;
  readonly arrivals: (output: string, requestID: string) => number;
  /** Each delivery counts once. */
  readonly arrivedAt: (output: string) => number;
  /** 200s beyond the first of each delivery. */
  readonly duplicates: () => number;
};

const key = (output: string, requestID: string) => JSON.stringify([output, requestID]);

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

/** From each output queue's failed set. The job id ends in the callback's key and the output's name. */
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
