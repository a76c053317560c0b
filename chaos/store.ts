import type { RedisServerSpec } from '@ringback/redis-server';
import { type PrivateRedis, type RedisSet, runCluster, runPrivateRedis, runSentinelSet } from '@ringback/testkit/bare';
import { parse } from 'yaml';
import { PREFIX } from './settings.ts';
import type { Setup } from './setup.ts';

/** Redis as a scenario wants it. */
export type Store = {
  /** The only server, or one of `set`. */
  readonly redis: PrivateRedis;
  /** Servers that fail over. Absent: there is one server. */
  readonly set: RedisSet | undefined;
  /** The section `redis` of the settings. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Where the keys of each shard are now. */
  readonly places: () => Promise<readonly KeyPlace[]>;
};

export type KeyPlace = { readonly url: string; readonly prefix: string };

type OnClose = (closer: () => Promise<unknown>) => void;

export async function openStore(setup: Setup, spec: RedisServerSpec, onClose: OnClose): Promise<Store> {
  const start = async (options: Setup['redis']) => {
    const redis = await runPrivateRedis(spec, options);
    onClose(() => redis.remove());
    return redis;
  };
  if (setup.set) return openSet(setup.set, start);
  const redis = await start(setup.redis ?? { appendfsync: 'always' });
  const places = () => Promise.resolve([{ url: redis.url, prefix: PREFIX }]);
  return { redis, set: undefined, settings: { prefix: PREFIX }, places };
}

type Start = Parameters<typeof runCluster>[0];

async function openSet({ kind, shards, durability }: NonNullable<Setup['set']>, start: Start): Promise<Store> {
  const set = await (kind === 'cluster' ? runCluster(start) : runSentinelSet(start));
  const [redis] = set.servers;
  if (redis === undefined) throw new Error('a set without a server');
  const prefixes = Array.from({ length: shards }, (_, shard) => (kind === 'cluster' ? `{${PREFIX}:${shard}}` : PREFIX));
  return {
    redis,
    set,
    settings: { ...parse(`{ ${set.settings} }`), prefix: PREFIX, ...(shards > 1 && { shards }), durability },
    places: () => Promise.all(prefixes.map(async (prefix) => ({ url: (await set.primary(`${prefix}:`)).url, prefix }))),
  };
}
