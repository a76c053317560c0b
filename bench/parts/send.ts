import type { Contestant } from '../contestants/contestant.ts';
import type { LoadResult } from '../load/run.ts';
import { cpuMs } from '../measure/process.ts';
import { type RedisFigures, since } from '../measure/redis.ts';
import type { World } from '../world.ts';

/** One request at a time on each. */
export const CONNECTIONS = 256;

const ANSWERED_WITHIN_MS = 300_000;

export type SendOptions = {
  readonly contestant: Contestant;
  readonly count: number;
  /** Takes half of the connections. */
  readonly secondIngress?: Contestant['ingress'];
  readonly connections?: number;
  readonly rate?: number;
  /** Default: 3 (one output). */
  readonly taskStatus?: number;
};

export type Sent = LoadResult & {
  readonly ackedPerSecond: number;
  /** µs per callback, first ingress. */
  readonly cpuMicros: number;
  /** Of one core. */
  readonly loadShare: number;
  /** Undefined without a queue. */
  readonly redis: RedisFigures | undefined;
};

/** Signed before the clock starts. @throws Error if one was refused */
export async function send(world: World, options: SendOptions): Promise<Sent> {
  const { contestant, count, secondIngress, connections = CONNECTIONS, rate, taskStatus = 3 } = options;
  const { ingress, redis } = contestant;
  await world.load.call('prepare', { count, taskStatus });
  const redisBefore = await redis?.figures();
  const cpuBefore = cpuMs(ingress.pid);
  const result = await world.load.call(
    'run',
    { urls: [ingress, secondIngress].flatMap((one) => one?.url ?? []), connections, rate },
    ANSWERED_WITHIN_MS,
  );
  const cpu = cpuMs(ingress.pid) - cpuBefore;
  const redisAfter = await redis?.figures();
  if (result.refused > 0) throw new Error(`${contestant.name} refused ${result.refused} of ${count} callbacks`);
  return {
    ...result,
    ackedPerSecond: (result.acked / result.ms) * 1000,
    cpuMicros: (cpu * 1000) / count,
    loadShare: result.cpuMs / result.ms,
    redis: redisBefore && redisAfter && since(redisBefore, redisAfter),
  };
}

const FIRST_GUESS = 2000;
const WARM_UPS = 3;

/** Resolves with acks per second. */
export async function warmUp(world: World, contestant: Contestant): Promise<number> {
  const { seconds } = world.plan.warmUp;
  let rate = FIRST_GUESS;
  for (let run = 0; run < WARM_UPS; run += 1) {
    await contestant.redis?.empty(contestant.queues);
    ({ ackedPerSecond: rate } = await send(world, { contestant, count: Math.ceil(rate * seconds) }));
  }
  await contestant.redis?.empty(contestant.queues);
  return rate;
}
