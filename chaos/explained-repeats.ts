import { callbackKey } from '@ringback/contracts';
import { ledgerKeyStart } from '@ringback/redis';
import { SAMPLE_ACCOUNT } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import type { Repeat } from './deliveries.ts';
import { PREFIX, SOURCE } from './settings.ts';
import type { World } from './world.ts';

/** A worker was killed between these moments, ms of `performance.now()`. */
export type Kill = {
  readonly from: number;
  /** When its death was known and the ledger had been read. */
  readonly to: number;
  /** What the ledger knew as delivered once the worker was dead: `<key of the callback> <output>`. */
  readonly recorded: ReadonlySet<string>;
};

const kills = new WeakMap<World, Kill[]>();

/** Of workers, in this world so far. */
export function killsOf(world: World): Kill[] {
  const known = kills.get(world) ?? [];
  kills.set(world, known);
  return known;
}

export function unexplainedRepeats(world: World): Repeat[] {
  return world.deliveries.repeats().filter((repeat) => !isExplained(repeat, killsOf(world)));
}

/** Reads the ledger right after the worker's death. */
export async function recordKill(redisUrl: string, kill: () => Promise<unknown>): Promise<Kill> {
  const from = performance.now();
  await kill();
  const recorded = await readDelivered(redisUrl);
  return { from, to: performance.now(), recorded };
}

/**
 * True if a kill came between the answer and its record: the first copy arrived before that worker was dead, and the
 * ledger did not have it then.
 */
export function isExplained({ output, requestID, before, at }: Repeat, known: readonly Kill[]): boolean {
  const key = callbackKey({ source: SOURCE, account: SAMPLE_ACCOUNT.uuid, id: requestID });
  return known.some(
    ({ from, to, recorded }) =>
      // What is repeated while the ledger is read may be recorded by then.
      before <= to && at >= from && (at <= to || !recorded.has(`${key} ${output}`)),
  );
}

async function readDelivered(url: string): Promise<ReadonlySet<string>> {
  const redis = new Redis(url);
  const delivered = new Set<string>();
  try {
    for await (const found of redis.scanStream({ match: `${ledgerKeyStart(PREFIX)}*`, type: 'hash', count: 1000 })) {
      const names: string[] = found;
      const all = await Promise.all(names.map((name) => redis.hgetall(name)));
      for (const [index, outcomes] of all.entries()) {
        const output = names[index]?.split('.').at(-1);
        for (const [key, outcome] of Object.entries(outcomes)) if (outcome === 'delivered') delivered.add(`${key} ${output}`);
      }
    }
  } finally {
    redis.disconnect();
  }
  return delivered;
}
