import { createLatelyNoter } from '@ringback/redis';
import type { Redis } from 'ioredis';

type Access = { readonly redis: Redis; readonly prefix: string };

/** A batch that runs again may be counted again. */
export type RouteCounts = {
  dropped(counts: ReadonlyMap<string, number>): Promise<void>;
  /** Notes as well when that was, if there are any. */
  unkept(counts: ReadonlyMap<string, number>): Promise<void>;
  /** Notes when that was. How many there are, their quarantine tells. */
  unrouted(): Promise<void>;
};

export const routeCountKeys = (prefix: string) => ({ dropped: `${prefix}:dropped`, unkept: `${prefix}:unkept` });

export function createRouteCounts({ redis, prefix }: Access): RouteCounts {
  const keys = routeCountKeys(prefix);
  const note = createLatelyNoter({ redis, prefix });

  const add = (key: string, counts: ReadonlyMap<string, number>) =>
    atLeastOne(counts).map(([field, count]) => redis.hincrby(key, field, count));
  return {
    async dropped(counts) {
      await Promise.all(add(keys.dropped, counts));
    },
    async unkept(counts) {
      await Promise.all([...add(keys.unkept, counts), ...(atLeastOne(counts).length > 0 ? [note('lost')] : [])]);
    },
    unrouted: () => note('unrouted'),
  };
}

const atLeastOne = (counts: ReadonlyMap<string, number>) => [...counts].filter(([, count]) => count > 0);

type NamedCount = { readonly name: string; readonly count: number };
type Counts = { readonly dropped: readonly NamedCount[]; readonly unkept: readonly NamedCount[] };

/** The largest first. */
export async function readRouteCounts({ redis, prefix }: Access): Promise<Counts> {
  const keys = routeCountKeys(prefix);
  const read = async (key: string) =>
    largestFirst(Object.entries(await redis.hgetall(key)).map(([name, count]) => ({ name, count: Number(count) })));
  const [dropped, unkept] = await Promise.all([read(keys.dropped), read(keys.unkept)]);
  return { dropped, unkept };
}

/** Of several shards. */
export function sumOfRouteCounts(all: readonly Counts[]): Counts {
  const sum = (part: keyof Counts) => {
    const byName = Map.groupBy(
      all.flatMap((counts) => counts[part]),
      ({ name }) => name,
    );
    return largestFirst(
      [...byName].map(([name, counts]) => ({ name, count: counts.reduce((total, one) => total + one.count, 0) })),
    );
  };
  return { dropped: sum('dropped'), unkept: sum('unkept') };
}

function largestFirst(counts: readonly NamedCount[]): NamedCount[] {
  return counts.toSorted((a, b) => b.count - a.count);
}
