import { type Config, settingsFile } from '@ringback/config';
import { homeShardOf, RingbackError } from '@ringback/contracts';
import { type Moved, moveShards, needRoom, type Plan, type ShardPlace, usedKeys } from '@ringback/queue';
import { changeShardCount, noteShardCount, readShardCount, type ShardCount, shardsOf } from '@ringback/redis';
import { connectRedis } from '../reach/connect-redis.ts';
import { type Env, loadSettings } from '../reach/load-settings.ts';
import { tellHistory } from '../reach/tell-history.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { openShards } from './open-shards.ts';
import { untilDrained, untilNoWorkers } from './waits.ts';

export type ReshardOptions = {
  readonly to: number;
  /** ms, for the callbacks, and again for the workers. */
  readonly within: number;
  readonly config: string | undefined;
  readonly env: Env;
  readonly terminal: Terminal;
};

/**
 * Changes the number of shards that Redis is used with. False: something is left, and it goes on when it is run again.
 * @throws RingbackError RB_CONFIG_INVALID without a cluster, RB_RESHARDING while another change is under way, or why
 * Redis cannot be used
 */
export async function reshard({ config, env, to, within, terminal }: ReshardOptions): Promise<boolean> {
  const settings = clusterSettings(config, env);
  // A Redis that is new needs no more.
  const count = await withFirst(settings, env, (first) => noteShardCount(first, to));
  if (count.to !== undefined && count.to !== to) throw underWay(count, to);
  const used = count.shards;
  const { shards, close } = await openShards(settings, Math.max(used, to), env);
  try {
    const [first, ...others] = shards;
    if (first === undefined) throw new RangeError('an installation has a shard');
    const change = { first, now: count, to, terminal };
    if (used === to && count.to === undefined) return nothingToMove({ to, set: settings.redis.shards, terminal });
    if (!(await drain({ ...change, shards: [first, ...others.slice(0, used - 1)], targets: shards.slice(0, to), within })))
      return false;
    const left = await untilNoWorkers({ shards: [first], within, terminal });
    if (left !== undefined) return again(terminal, left);
    const moved = await moveShards({
      plan: planOf(settings, { shards, from: used, to }),
      outputs: namesOf(settings),
      say: terminal.out,
    });
    await mark(first, { shards: used, to, moving: true }, { shards: to });
    const tell = await tellHistory({ settings, reached: [first] });
    await tell.action({ command: 'reshard', facts: { from: used, to } });
    for (const line of summary(moved, to)) terminal.out(line);
    return true;
  } finally {
    close();
  }
}

/** @throws RingbackError RB_RESHARDING if something has been moved */
export async function abortReshard({ config, env, terminal }: Omit<ReshardOptions, 'to' | 'within'>): Promise<boolean> {
  const settings = clusterSettings(config, env);
  const count = await withFirst(settings, env, readShardCount);
  if (count?.to === undefined) {
    terminal.out('the number of shards is not being changed');
    return true;
  }
  const { shards: used, to, moving } = count;
  if (moving)
    throw new RingbackError('RB_RESHARDING', `deliveries are being moved: it can only go on. Run: ringback reshard --to ${to}`);
  const { shards, close } = await openShards(settings, 1, env);
  try {
    for (const first of shards) await mark(first, count, { shards: used });
    terminal.out(`nothing was changed: Redis is used with ${used} shards, and callbacks are taken again`);
    return true;
  } finally {
    close();
  }
}

function clusterSettings(config: string | undefined, env: Env): Config {
  const settings = loadSettings({ path: config ?? settingsFile(env), env });
  if (settings.redis.cluster) return settings;
  throw new RingbackError('RB_CONFIG_INVALID', 'only on a Redis Cluster is there more than one shard: name redis.cluster');
}

type First = Parameters<typeof readShardCount>[0];

async function withFirst<T>(settings: Config, env: Env, work: (first: First) => Promise<T>): Promise<T> {
  const [shard] = shardsOf(settings.redis);
  const redis = await connectRedis(shard, env);
  try {
    return await work({ redis, prefix: shard.prefix, usedBy: usedKeys(shard.prefix) });
  } finally {
    redis.disconnect();
  }
}

function underWay({ shards, to, moving }: ShardCount, asked: number): RingbackError {
  const end = moving ? '' : ', or take it back: ringback reshard --abort';
  const what = `the number of shards is being changed from ${shards} to ${to}, not to ${asked}`;
  return new RingbackError('RB_RESHARDING', `${what}. Let it end: ringback reshard --to ${to}${end}`);
}

/** @throws RingbackError RB_RESHARDING if someone else has changed it */
async function mark(first: ShardPlace, now: ShardCount, next: ShardCount): Promise<void> {
  if (await changeShardCount(first, { now, next })) return;
  throw new RingbackError('RB_RESHARDING', 'another reshard is under way');
}

type Change = {
  readonly first: ShardPlace;
  readonly now: ShardCount;
  readonly to: number;
  readonly terminal: Terminal;
};

function nothingToMove({ to, set, terminal }: Pick<Change, 'to' | 'terminal'> & { readonly set: number }): true {
  terminal.out(`Redis is used with ${to === 1 ? '1 shard' : `${to} shards`}: nothing has to be moved`);
  if (set !== to) for (const line of nextSteps(to)) terminal.out(line);
  return true;
}

type Drain = Change & {
  readonly shards: readonly [ShardPlace, ...ShardPlace[]];
  /** Of the new number: what moves goes there. */
  readonly targets: readonly ShardPlace[];
  readonly within: number;
};

const STILL_REFUSED = 'Callbacks are still refused. To take them again, and change nothing: ringback reshard --abort';

/** From its end on no worker takes anything. */
async function drain({ first, now, to, shards, targets, within, terminal }: Drain): Promise<boolean> {
  const draining = { shards: shards.length, to };
  if (now.moving) {
    terminal.out(`going on with the change from ${draining.shards} to ${to} shards`);
    return true;
  }
  if (now.to === undefined) {
    await Promise.all(targets.map(needRoom));
    await mark(first, now, draining);
  }
  terminal.out(`changing from ${draining.shards} to ${to} shards: ingresses refuse callbacks, or keep them in their spool`);
  const left = await untilDrained({ shards, within, terminal });
  if (left !== undefined) {
    terminal.err(STILL_REFUSED);
    return again(terminal, left);
  }
  // Now it can still be taken back.
  await Promise.all(targets.map(needRoom)).catch((error: unknown) => {
    terminal.err(STILL_REFUSED);
    throw error;
  });
  await mark(first, draining, { ...draining, moving: true });
  terminal.out('all callbacks are dispatched; workers end now, and no other starts until the change is done');
  return true;
}

function again(terminal: Terminal, left: string): false {
  terminal.err(`${left}. Run the same command again: it goes on`);
  return false;
}

function planOf({ outputs }: Config, plan: Pick<Plan, 'shards' | 'from' | 'to'>): Plan {
  const limited = new Set(outputs.filter(({ delivery }) => delivery.rateLimit).map(({ name }) => name));
  const homeOf = (output: string, shard: number) => (limited.has(output) ? homeShardOf(output, plan.to) : shard % plan.to);
  // A shard that stays keeps the deliveries that it has.
  return { ...plan, homeOf: (output, shard) => (!limited.has(output) && shard < plan.to ? shard : homeOf(output, shard)) };
}

const namesOf = ({ outputs }: Config) => outputs.map(({ name }) => name);

function summary({ claims, outcomes, jobs, held, deadLetters, quarantined }: Moved, to: number): string[] {
  const deliveries = `${jobs} jobs and ${held} held batches of deliveries with ${outcomes} records of outcomes`;
  return [
    `moved ${claims} claims, ${deliveries}, ${deadLetters} dead letters, ${quarantined} quarantined callbacks`,
    `Redis is used with ${to === 1 ? '1 shard' : `${to} shards`} now`,
    ...nextSteps(to),
  ];
}

function nextSteps(to: number): string[] {
  return [
    'What to do next:',
    `1. Set redis.shards: ${to} in the settings of every ingress, worker and command (and worker.shards where it is set).`,
    '2. Start the workers, then restart the ingresses. Until then these refuse callbacks (RB_SHARDS_DIFFER).',
  ];
}
