import {
  demoted,
  followed,
  handOver,
  hangPrimary,
  killPrimary,
  type PrivateRedis,
  type RedisSet,
  startSlotMove,
  until,
} from '@ringback/testkit/bare';
import type { Scenario } from '../scenario.ts';
import type { Setup } from '../setup.ts';
import type { World } from '../world.ts';

/** Of the scenarios on a cluster. */
const SHARDS = 4;
/** By how much a replica may lag behind its primary, here where both run on one busy machine. */
const LAG_MS = 1000;
const WITHIN_MS = 60_000;
/** What waited without workers is delivered late. */
const SETTLES_WITHIN_MS = 180_000;

type At = {
  readonly set: RedisSet;
  readonly key: string;
  /** Absent: nothing may be lost. */
  readonly mayLose: World['mayLose'] | undefined;
};
type Breakage = (at: At) => Promise<void>;

const killed: Breakage = async ({ set, key, mayLose }) => {
  const { old, gone, back } = await killPrimary(set, key);
  await bound(set, old, mayLose, [[gone - LAG_MS, gone + LAG_MS], [back]]);
};

const hung: Breakage = async ({ set, key, mayLose }) => {
  const { old, gone, back } = await hangPrimary(set, key);
  await demoted(set, old);
  await bound(set, old, mayLose, [[gone - LAG_MS, gone + LAG_MS], [back]]);
};

const handedOver: Breakage = async ({ set, key, mayLose }) => {
  const begun = performance.now();
  const { old } = await handOver(set, key);
  await demoted(set, old);
  await bound(set, old, mayLose, [[begun - LAG_MS]]);
};

const moved: Breakage = async ({ set, key }) => {
  const move = await startSlotMove(set, key);
  await move.keys();
  await move.finish();
};

const restarted: Breakage = ({ set }) => set.restart();

/** Spans without an end last until the old primary follows the new one: it takes itself for the primary until then. */
async function bound(
  set: RedisSet,
  old: PrivateRedis,
  mayLose: At['mayLose'],
  spans: readonly [number, number?][],
): Promise<void> {
  if (mayLose === undefined) return;
  await demoted(set, old);
  for (const [from, to] of spans) mayLose(from, to);
}

const OF_SENTINEL = [killed, hung, killed, handedOver];
const OF_CLUSTER = [...OF_SENTINEL, moved];

async function failOver(world: World, round: readonly Breakage[], mayLose?: World['mayLose']): Promise<void> {
  const { random, size } = world;
  const rounds = size === 'full' ? [round, [restarted], round, ...(mayLose ? [] : [round])] : [round.slice(0, 2)];
  let working = false;
  for (const breakages of rounds) {
    const first = random.int(0, breakages.length - 1);
    for (const breakage of [...breakages.slice(first), ...breakages.slice(0, first)]) {
      // Every other time all that is acked waits in Redis meanwhile.
      await breakOnce(world, { breakage, working, mayLose });
      working = !working;
    }
  }
}

type Once = { readonly breakage: Breakage; readonly working: boolean; readonly mayLose: At['mayLose'] };

async function breakOnce(world: World, { breakage, working, mayLose }: Once): Promise<void> {
  const { set, workers, ingresses, places, random, moment } = world;
  if (set === undefined) throw new Error('a set of servers is needed');
  const key = `${random.pick(await places()).prefix}:`;
  await followed(set, key);
  if (!working) await Promise.all(workers.map((worker) => worker.stop()));
  await moment(2000);
  world.said.push({ what: breakage.name, at: performance.now() });
  await breakage({ set, key, mayLose });
  const areReady = async () => (await Promise.all(ingresses.map((ingress) => ingress.readiness()))).every(({ ready }) => ready);
  await until(areReady, { withinMs: WITHIN_MS, what: () => 'the ingresses to be ready' });
  if (!working) await Promise.all(workers.map((worker) => worker.start()));
}

const setup = (set: NonNullable<Setup['set']>): Setup => ({
  ingresses: 2,
  workers: 2,
  repeats: 0.2,
  pace: { senders: 4, pauseMs: { min: 20, max: 60 } },
  set,
});

const notes: Scenario['notes'] = ({ acked, lostWithinBound, lost, refused, longestWithoutAck }) => [
  `acked ${acked}, lost ${lost + lostWithinBound}, refused ${refused}, longest time without acks ${longestWithoutAck} ms`,
];

export const failOverSentinel: Scenario = {
  name: 'fail-over-sentinel',
  breaks:
    'the primary of a Sentinel set, with durability replica: SIGKILL, SIGSTOP until another is the primary, forced failovers, a restart of everything',
  loss: 'zero',
  setup: setup({ kind: 'sentinel', shards: 1, durability: 'replica' }),
  break: (world) => failOver(world, OF_SENTINEL),
  breaksWithinMs: 600_000,
  settlesWithinMs: SETTLES_WITHIN_MS,
  notes,
};

export const failOverCluster: Scenario = {
  name: 'fail-over-cluster',
  breaks: 'the same to primaries of a Redis Cluster, and moves of our slots while callbacks flow',
  loss: 'zero',
  setup: setup({ kind: 'cluster', shards: SHARDS, durability: 'replica' }),
  break: (world) => failOver(world, OF_CLUSTER),
  breaksWithinMs: 600_000,
  settlesWithinMs: SETTLES_WITHIN_MS,
  notes,
};

export const failOverSentinelEverysec: Scenario = {
  ...failOverSentinel,
  name: 'fail-over-sentinel-everysec',
  breaks: 'the same as fail-over-sentinel, with durability everysec: what no replica had may go',
  loss: 'bounded',
  setup: setup({ kind: 'sentinel', shards: 1, durability: 'everysec' }),
  break: (world) => failOver(world, OF_SENTINEL, world.mayLose),
};

export const failOverClusterEverysec: Scenario = {
  ...failOverCluster,
  name: 'fail-over-cluster-everysec',
  breaks: 'the same as fail-over-cluster, with durability everysec: what no replica had may go',
  loss: 'bounded',
  setup: setup({ kind: 'cluster', shards: SHARDS, durability: 'everysec' }),
  break: (world) => failOver(world, OF_CLUSTER, world.mayLose),
};
