import type { Child } from '../child.ts';
import type { BarePoolCalls } from '../contestants/bare-pool.ts';
import { type Deliverer, startBarePool, startDelivering, startWithoutQueue } from '../contestants/contestant.ts';
import { withClosing } from '../processes.ts';
import type { World } from '../world.ts';
import { drain } from './drain.ts';
import { PARTIAL_SHARE } from './ingress.ts';
import { send, warmUp } from './send.ts';

const ARRIVED_WITHIN_MS = 60_000;
const POSTS = 1000;

/** From the ack to the delivery's arrival at its one destination, at 30 % of the limit's rate; and what that destination takes for one request by itself. */
export function measureEndToEnd(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, say } = world;
    const start = world.startOptions('everysec', onClose);
    const pool = startBarePool(start);
    const deliverers = await Promise.all([startDelivering('plain', start), startDelivering('ringback', start)]);
    const limit = await startWithoutQueue('limit', start);
    const rate = (await warmUp(world, limit)) * PARTIAL_SHARE;
    for (const contestant of deliverers) await drain(world, { contestant, callbacks: 3000, outputs: 1, delayMs: 0 });
    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const contestant of deliverers) {
        say(`end to end, round ${round} of ${plan.rounds}: ${contestant.name}`);
        await follow(world, contestant, rate);
      }
      await post(world, pool);
    }
  });
}

async function follow(world: World, contestant: Deliverer, rate: number): Promise<void> {
  const count = Math.ceil(rate * world.plan.endToEnd);
  await contestant.redis.empty(contestant.queues);
  await world.sink.call('reset', { delayMs: 0, noted: count });
  await send(world, { contestant, count, rate });
  await world.sink.call('counted', count, ARRIVED_WITHIN_MS);
  const [answered, arrived] = await Promise.all([
    world.load.call('answeredAt', undefined),
    world.sink.call('arrivals', undefined),
  ]);
  // A delivery may well arrive before the load generator has come to reading the ack.
  const times = arrived.map((at, index) => Math.max(0, at - (answered[index] ?? 0)) / 1000).toSorted();
  world.samples.add(contestant.name, { endToEndP50: percentile(times, 50), endToEndP99: percentile(times, 99) });
  await contestant.redis.idle(contestant.queues);
}

async function post(world: World, pool: Child<BarePoolCalls>): Promise<void> {
  await world.sink.call('reset', { delayMs: 0, noted: 0 });
  await pool.call('prepare', { count: POSTS, outputs: 1, concurrency: 1 });
  const times = (await pool.call('run', { concurrency: 1 })).toSorted();
  world.samples.add('bare-pool', { endToEndP50: percentile(times, 50), endToEndP99: percentile(times, 99) });
}

function percentile(sorted: Float64Array, percent: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}
