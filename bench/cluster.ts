import { CLUSTER_SETTINGS, type ClusterNode, clusterSound, type RedisServerSpec } from '@ringback/redis-server';
import { runPrivateRedis } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { type MeasuredRedis, measureRedis, sumOf } from './measure/redis.ts';
import type { OnClose } from './processes.ts';

/** `shards` is a multiple of `servers`, so that each server has the same number of shards. */
export type Layout = { readonly shards: number; readonly servers: number };

type ClusterOptions = {
  readonly spec: RedisServerSpec;
  readonly layout: Layout;
  readonly settings: readonly string[];
  readonly settleMs: number;
  readonly onClose: OnClose;
};

type Server = ClusterNode & { readonly redis: Redis; readonly measured: MeasuredRedis };

const SLOTS = 16_384;

/** The beginning of all keys of a shard. */
export const tagOf = (shard: number) => `{ringback:${shard}}`;

/** Redis remembers the number of shards under this key of shard 0, and without it the apps would stop. */
const keptOn = (server: number) => (server === 0 ? [`${tagOf(0)}:shards`] : []);

/** Primaries without replicas, and the same number of shards on each. */
export async function startCluster({ layout, ...options }: ClusterOptions) {
  const servers = await Promise.all(
    Array.from({ length: layout.servers }, (_, index) => startServer({ ...options, kept: keptOn(index) })),
  );
  await join(servers, layout.shards);
  return { nodes: servers.map(({ port }) => `127.0.0.1:${port}`), redis: measureAll(servers.map(({ measured }) => measured)) };
}

type ServerOptions = Omit<ClusterOptions, 'layout'> & { readonly kept: readonly string[] };

async function startServer({ spec, settings, settleMs, onClose, kept }: ServerOptions): Promise<Server> {
  const server = await runPrivateRedis(spec, {
    appendfsync: 'everysec',
    settings: [...CLUSTER_SETTINGS, ...settings],
  });
  onClose(() => server.remove());
  const redis = new Redis(server.url, { maxRetriesPerRequest: 3 });
  onClose(async () => redis.disconnect());
  return { url: server.url, port: server.port, redis, measured: measureRedis({ url: server.url, onClose, kept, settleMs }) };
}

async function join(servers: readonly Server[], shards: number): Promise<void> {
  const [first] = servers;
  if (!first) throw new Error('a cluster needs a server');
  const owners = Array.from({ length: SLOTS }, (_, slot) => Math.floor((slot * servers.length) / SLOTS));
  for (let shard = 0; shard < shards; shard += 1)
    owners[await first.redis.cluster('KEYSLOT', tagOf(shard))] = shard % servers.length;
  for (const [index, { redis }] of servers.entries()) {
    const slots = [...owners.keys()].filter((slot) => owners[slot] === index);
    await redis.cluster('ADDSLOTS', ...slots);
    await redis.cluster('SET-CONFIG-EPOCH', index + 1);
  }
  for (const { redis } of servers.slice(1)) await redis.cluster('MEET', '127.0.0.1', first.port);
  await clusterSound(servers);
}

/** As one: figures are sums, and each server is asked only for the queues of its own shards. */
function measureAll(servers: readonly MeasuredRedis[]): MeasuredRedis {
  const [first, ...others] = servers;
  if (!first) throw new Error('a cluster needs a server');
  const own = (index: number, queues: readonly string[]) => queues.filter((queue) => shardIn(queue) % servers.length === index);
  return {
    url: first.url,
    async figures(settleMs) {
      return sumOf([await first.figures(settleMs), ...(await Promise.all(others.map((one) => one.figures(0))))]);
    },
    empty: async (queues) => void (await Promise.all(servers.map((one, index) => one.empty(own(index, queues))))),
    idle: async (queues) => void (await Promise.all(servers.map((one, index) => one.idle(own(index, queues))))),
  };
}

function shardIn(queue: string): number {
  return Number(/:(\d+)\}/.exec(queue)?.[1]);
}
