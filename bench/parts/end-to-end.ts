import type { Child } from '../child.ts';
import type { BarePoolCalls } from '../contestants/bare-pool.ts';
import type { Deliverer } from '../contestants/contestant.ts';
import type { World } from '../world.ts';
import { send } from './send.ts';

const ARRIVED_WITHIN_MS = 120_000;
const POSTS = 1000;

/** Per second: hardly two at once. */
const TRICKLE = 50;

/** From the ack to the arrival, at this rate and at a trickle. */
export async function follow(world: World, contestant: Deliverer, low: number): Promise<void> {
  for (const [load, rate] of Object.entries({ low, trickle: TRICKLE })) {
    const { p50, p99 } = await followOne(world, contestant, rate);
    world.samples.add(contestant.name, { [`${load}ToEndP50`]: p50, [`${load}ToEndP99`]: p99 });
  }
}

async function followOne(world: World, contestant: Deliverer, rate: number) {
  const count = Math.ceil(rate * world.plan.seconds.endToEnd);
  await contestant.redis.empty(contestant.queues);
  await world.sink.call('reset', { delayMs: 0, noted: count });
  await send(world, { contestant, count, rate });
  await world.sink.call('counted', count, ARRIVED_WITHIN_MS);
  const [answered, arrived] = await Promise.all([world.load.call('answered', undefined), world.sink.call('arrivals', undefined)]);
  // The delivery may arrive before we read the ack.
  const times = arrived.map((at, index) => Math.max(0, at - (answered[index] ?? 0)) / 1000);
  await contestant.redis.idle(contestant.queues);
  return percentiles(times);
}

/** One request to the destination alone. */
export async function measureOnePost(world: World, pool: Child<BarePoolCalls>): Promise<void> {
  await world.sink.call('reset', { delayMs: 0, noted: 0 });
  await pool.call('prepare', { count: POSTS, outputs: 1, concurrency: 1 });
  const { p50, p99 } = percentiles(await pool.call('run', { concurrency: 1 }));
  world.samples.add('bare-pool', { onePostP50: p50, onePostP99: p99 });
}

function percentiles(times: Float64Array): { p50: number; p99: number } {
  const sorted = times.toSorted();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
