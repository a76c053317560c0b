import {
  findBigKeys,
  findOtherPrefixes,
  findRemovedOutputs,
  type Finding,
  judgeClock,
  judgeLatency,
  judgeMemory,
  judgePersistence,
  judgePolicy,
  judgeVersion,
} from '@ringback/operations';
import { refusedByRedis } from '@ringback/redis';
import type { Check, DoctorContext } from '../check.ts';
import { ofServers, ofShards, serversOf } from './redis-places.ts';
import { inWords } from '../run-checks.ts';
import { checkRedisTls } from './tls.ts';
import { requireShardCount } from '../../reach/require-shard-count.ts';
import { lostReasons, type ReachedShard, shardsInWords } from '../../reach/shards.ts';

export const redisChecks: readonly Check[] = [
  { name: 'redis-reach', group: 'redis', unchecked: 'error', run: checkReach },
  { name: 'redis-tls', group: 'redis', run: checkRedisTls },
  ofServers('redis-version', async ({ place, facts }) => judgeVersion({ place, facts: await facts() })),
  ofServers('redis-policy', async ({ place, facts }) => judgePolicy({ place, facts: await facts() })),
  ofServers('redis-persistence', async ({ place, facts }, { redis }) =>
    judgePersistence({ place, facts: await facts() }, redis.durability),
  ),
  ofServers('redis-memory', async ({ place, facts }, { redis }) =>
    judgeMemory({ place, facts: await facts() }, redis.overload.memory),
  ),
  ofServers('redis-latency', async ({ place, timing }, { ingress }) =>
    judgeLatency(place, await timing(), ingress.enqueueTimeout),
  ),
  ofServers('redis-clock', async ({ place, timing }) => judgeClock(place, await timing())),
  ofShards('redis-rights', async (shard, context) => [await checkRights(shard, context)]),
  ofShards('redis-big-keys', async (shard) => [await findBigKeys(shard)]),
  ofShards('redis-removed-outputs', (shard, { settings }) => findRemovedOutputs(shard, outputsOf(settings()))),
  { name: 'redis-prefixes', group: 'redis', run: checkPrefixes },
];

const outputsOf = ({ outputs }: { readonly outputs: readonly { readonly name: string }[] }) => outputs.map(({ name }) => name);

const MEND_REACH = 'start Redis, or correct where the settings say that it is; docs/errors.md has each code';

async function checkReach({ settings, shards }: DoctorContext): Promise<Finding[]> {
  const { redis } = settings();
  try {
    const all = await shards();
    const home = all.reached.find(({ number }) => number === 0);
    if (home) await requireShardCount(home, redis);
    const lost = lostReasons(all).map((text) => ({ severity: 'error', subject: 'redis', text, mend: MEND_REACH }) as const);
    const places = serversOf(all.reached).map(({ place }) => place);
    const which = all.count === 1 ? '' : ` (${shardsInWords(all.reached, all.count)})`;
    return [...lost, { severity: 'ok', subject: places.join(', '), text: `answers${which}` }];
  } catch (error) {
    return [{ severity: 'error', subject: 'redis', text: inWords(error), mend: MEND_REACH }];
  }
}

/** By the write of the readiness probe. */
async function checkRights({ redis, prefix }: ReachedShard, { settings }: DoctorContext): Promise<Finding> {
  const { redis: wanted, history } = settings();
  const subject = `keys ${prefix}:*`;
  const refused = await refusedByRedis({ redis, prefix, durability: wanted.durability, history: history !== undefined });
  if (refused === undefined) return { severity: 'ok', subject, text: 'all that the work needs is allowed' };
  const { reason: text, isRight } = refused;
  const mend = isRight ? 'docs/reliability.md has the least rights of the Redis user' : 'do what this line says, at Redis itself';
  return { severity: 'error', subject, text, mend };
}

/** On a cluster the keys of other prefixes are on other nodes, and no process looks for them. */
async function checkPrefixes({ settings, shards }: DoctorContext): Promise<readonly Finding[]> {
  if (settings().redis.cluster !== undefined)
    return [{ severity: 'note', subject: 'redis-prefixes', text: 'on a cluster nothing tells which other prefixes there are' }];
  const [only] = (await shards()).reached;
  return only === undefined ? [] : findOtherPrefixes(only);
}
