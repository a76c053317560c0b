import { randomBytes } from 'node:crypto';
import type { RedisServerSpec } from '@ringback/redis-server';
import { runPrivateRedis } from '@ringback/testkit/bare';
import { type Child, startChild } from './child.ts';
import { type Layout, startCluster } from './cluster.ts';
import type { StartOptions } from './contestants/contestant.ts';
import type { LoadCalls } from './load/main.ts';
import { measureRedis } from './measure/redis.ts';
import type { Samples } from './measure/samples.ts';
import type { Plan } from './plan.ts';
import type { OnClose } from './processes.ts';
import { type HistoryPlace, makeFolder, writeSettings } from './settings.ts';
import type { SinkCalls } from './sink/main.ts';

export type World = {
  readonly plan: Plan;
  readonly samples: Samples;
  readonly load: Child<LoadCalls>;
  readonly sink: Child<SinkCalls>;
  /** What a contestant on one of the Redis servers is started with, up to the end of its part. */
  readonly startOptions: (redis: RedisName, onClose: OnClose) => StartOptions;
  /** Likewise on the first Redis server, with a history. */
  readonly startWithHistory: (history: HistoryPlace, onClose: OnClose) => Promise<StartOptions>;
  /** Likewise, with encrypted bodies. */
  readonly startEncrypting: (onClose: OnClose) => Promise<StartOptions>;
  /** Likewise on a cluster of its own. */
  readonly startCluster: (layout: Layout, onClose: OnClose) => Promise<StartOptions>;
  readonly say: (line: string) => void;
};

type Durability = 'everysec' | 'always';

/** A rewrite of the append-only file would slow only one contestant. */
const NO_REWRITE = ['--auto-aof-rewrite-percentage', '0'];

/** By what it keeps. The second `everysec` is for who is compared with another checkout. */
type RedisName = Durability | 'second everysec';

export type WorldOptions = {
  readonly plan: Plan;
  readonly samples: Samples;
  readonly spec: RedisServerSpec;
  readonly say: (line: string) => void;
  readonly onClose: OnClose;
};

const startChildren = (onClose: OnClose) =>
  [
    startChild<LoadCalls>(new URL('load/main.ts', import.meta.url), { onClose }),
    startChild<SinkCalls>(new URL('sink/main.ts', import.meta.url), { onClose }),
  ] as const;

/** Starts the load generator, the sink and the Redis servers. */
export async function createWorld({ plan, samples, spec, say, onClose }: WorldOptions): Promise<World> {
  const folder = await makeFolder(onClose);
  const [load, sink] = startChildren(onClose);
  const sinkUrl = await sink.call('url', undefined);

  async function prepare(durability: Durability) {
    const server = await runPrivateRedis(spec, { appendfsync: durability, settings: NO_REWRITE });
    onClose(() => server.remove());
    const redis = measureRedis({ url: server.url, onClose, settleMs: plan.settleMs });
    return { settings: await writeSettings({ folder, durability, sinkUrl }), redis, folder };
  }

  const prepared = {
    everysec: await prepare('everysec'),
    always: await prepare('always'),
    'second everysec': await prepare('everysec'),
  };
  const everysec = { folder, durability: 'everysec', sinkUrl } as const;
  const startWith = async (more: Partial<Parameters<typeof writeSettings>[0]>, until: OnClose) => ({
    ...prepared.everysec,
    settings: await writeSettings({ ...everysec, ...more }),
    onClose: until,
  });
  const clusterOptions = { spec, settings: NO_REWRITE, settleMs: plan.settleMs };
  return {
    plan,
    samples,
    load,
    sink,
    startOptions: (redis, until) => ({ ...prepared[redis], onClose: until }),
    startWithHistory: (history, until) => startWith({ history }, until),
    startEncrypting: (until) => startWith({ bodyKey: randomBytes(32).toString('base64') }, until),
    async startCluster(layout, until) {
      const { nodes, redis } = await startCluster({ ...clusterOptions, layout, onClose: until });
      const settings = await writeSettings({ ...everysec, cluster: { nodes, shards: layout.shards } });
      return { settings, redis, folder, onClose: until };
    },
    say,
  };
}
