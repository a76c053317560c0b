import type { Redis } from 'ioredis';

type Access = { readonly redis: Redis; readonly prefix: string };

/** A batch that runs again may be counted again. */
export type RouteCounts = {
  dropped(counts: ReadonlyMap<string, number>): Promise<void>;
  unkept(counts: ReadonlyMap<string, number>): Promise<void>;
};

const keysOf = (prefix: string) => ({ dropped: `${prefix}:dropped`, unkept: `${prefix}:unkept` });

export function createRouteCounts({ redis, prefix }: Access): RouteCounts {
  const keys = keysOf(prefix);

  async function add(key: string, counts: ReadonlyMap<string, number>): Promise<void> {
    const sums = [...counts].filter(([, count]) => count > 0);
    await Promise.all(sums.map(([field, count]) => redis.hincrby(key, field, count)));
  }
  return { dropped: (counts) => add(keys.dropped, counts), unkept: (counts) => add(keys.unkept, counts) };
}

/** The largest first. */
export async function readRouteCounts({ redis, prefix }: Access) {
  const keys = keysOf(prefix);
  const read = async (key: string) =>
    Object.entries(await redis.hgetall(key))
      .map(([name, count]) => ({ name, count: Number(count) }))
      .toSorted((a, b) => b.count - a.count);
  const [dropped, unkept] = await Promise.all([read(keys.dropped), read(keys.unkept)]);
  return { dropped, unkept };
}
