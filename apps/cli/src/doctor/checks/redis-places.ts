import type { Config } from '@ringback/config';
import type { Finding } from '@ringback/operations';
import { inspectRedis, type RedisInspection, type RedisTiming, timeRedis } from '@ringback/redis';
import type { Check, DoctorContext } from '../check.ts';
import { endingWithin, notChecked, SHARE_OF_TIMEOUT } from '../run-checks.ts';
import type { ReachedShard } from '../../reach/shards.ts';

type Redis = ReachedShard['redis'];

type Server = {
  /** `host:port`. */
  readonly place: string;
  /** Both are asked once. */
  readonly facts: () => Promise<RedisInspection>;
  readonly timing: () => Promise<RedisTiming>;
};

/** Each server once: shards of one primary share it. */
export function serversOf(shards: readonly ReachedShard[]): { readonly place: string; readonly redis: Redis }[] {
  const servers = new Map<string, Redis>();
  for (const { redis } of shards) {
    const { host = '', port = 0 } = redis.options;
    const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    if (!servers.has(place)) servers.set(place, redis);
  }
  return [...servers].map(([place, redis]) => ({ place, redis }));
}

/** One that fails hides no other. */
export function ofServers(name: string, look: (server: Server, settings: Config) => Promise<Finding>): Check {
  return {
    name,
    group: 'redis',
    run: async (context) => {
      const settings = context.settings();
      const servers = serversOf((await context.shards()).reached);
      return Promise.all(
        servers.map(({ place, redis }) =>
          answerOf(place, context, () =>
            look(
              {
                place,
                facts: () => remembered(inspections, redis, () => inspectRedis(redis, settings.redis.durability)),
                timing: () => remembered(timings, redis, () => timeRedis(redis, context.now)),
              },
              settings,
            ),
          ),
        ),
      );
    },
  };
}

const inspections = new WeakMap<Redis, Promise<RedisInspection>>();
const timings = new WeakMap<Redis, Promise<RedisTiming>>();

function remembered<T>(known: WeakMap<Redis, Promise<T>>, redis: Redis, ask: () => Promise<T>): Promise<T> {
  const asked = known.get(redis) ?? ask();
  known.set(redis, asked);
  return asked;
}

type LookAtShard = (shard: ReachedShard, context: DoctorContext) => Promise<readonly Finding[]>;

/** One that fails hides no other. */
export function ofShards(name: string, look: LookAtShard): Check {
  return {
    name,
    group: 'redis',
    run: async (context) => {
      const { reached, count } = await context.shards();
      const found = await Promise.all(
        reached.map((shard) => answerOf(name, context, () => look(shard, context)).then((all) => ({ shard, all }))),
      );
      return found.flatMap(({ shard, all }) => {
        const list = 'severity' in all ? [all] : all;
        return count === 1 ? list : list.map((one) => ({ ...one, subject: `${one.subject} (shard ${shard.number})` }));
      });
    },
  };
}

async function answerOf<T>(subject: string, { timeout }: DoctorContext, look: () => Promise<T>): Promise<T | Finding> {
  try {
    return await endingWithin(timeout * SHARE_OF_TIMEOUT, look);
  } catch (error) {
    return notChecked(subject, error);
  }
}
