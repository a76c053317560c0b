import { callbackKey } from '@ringback/contracts';
import { SAMPLE_ACCOUNT } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { SOURCE } from './settings.ts';
import type { KeyPlace } from './store.ts';

/** By output and requestID. */
export type Deliveries = {
  /** Answered with 200. */
  readonly arrived: (output: string, requestID: string) => void;
  readonly arrivals: (output: string, requestID: string) => number;
  /** Each delivery counts once. */
  /** ms of `performance.now()`. */
  readonly firstAt: (output: string, requestID: string) => number | undefined;
  readonly arrivedAt: (output: string) => number;
  /** 200s beyond the first of each delivery. */
  readonly duplicates: () => number;
  readonly repeats: () => readonly Repeat[];
};

/** A 200 beyond the first, with the time of the one before, ms of `performance.now()`. */
export type Repeat = { readonly output: string; readonly requestID: string; readonly before: number; readonly at: number };

const key = (output: string, requestID: string) => JSON.stringify([output, requestID]);

export function createDeliveries(): Deliveries {
  const counts = new Map<string, number>();
  const perOutput = new Map<string, number>();
  const firstAt = new Map<string, number>();
  const lastAt = new Map<string, number>();
  const repeats: Repeat[] = [];
  return {
    arrived(output, requestID) {
      const before = counts.get(key(output, requestID)) ?? 0;
      const at = performance.now();
      const earlier = lastAt.get(key(output, requestID));
      if (earlier !== undefined) repeats.push({ output, requestID, before: earlier, at });
      if (earlier === undefined) firstAt.set(key(output, requestID), at);
      lastAt.set(key(output, requestID), at);
      counts.set(key(output, requestID), before + 1);
      if (before === 0) perOutput.set(output, (perOutput.get(output) ?? 0) + 1);
    },
    firstAt: (output, requestID) => firstAt.get(key(output, requestID)),
    arrivedAt: (output) => perOutput.get(output) ?? 0,
    arrivals: (output, requestID) => counts.get(key(output, requestID)) ?? 0,
    repeats: () => repeats,
    duplicates: () => [...counts.values()].reduce((sum, count) => sum + count - 1, 0),
  };
}

type IsDeadLetter = (output: string, requestID: string) => boolean;

/** From the failed set of each output's queues. The job id ends in the callback's key and the output's name. */
export async function readDeadLetters(places: readonly KeyPlace[], outputs: readonly string[]): Promise<IsDeadLetter> {
  const perShard = await Promise.all(places.map((place) => readFailed(place, outputs)));
  const ids = new Set(perShard.flat().map((id) => id.split('.').slice(-2).join('.')));
  return (output, requestID) =>
    ids.has(`${callbackKey({ source: SOURCE, account: SAMPLE_ACCOUNT.uuid, id: requestID })}.${output}`);
}

async function readFailed({ url, prefix }: KeyPlace, outputs: readonly string[]): Promise<string[]> {
  const redis = new Redis(url, { maxRetriesPerRequest: 20, retryStrategy: () => 100 });
  redis.on('error', () => {});
  try {
    return (await Promise.all(outputs.map((output) => redis.zrange(`${prefix}:output.${output}:failed`, '0', '-1')))).flat();
  } finally {
    redis.disconnect();
  }
}
