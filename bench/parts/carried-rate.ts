import type { Deliverer } from '../contestants/contestant.ts';
import { micros } from '../clock.ts';
import type { World } from '../world.ts';
import { send } from './send.ts';

const ARRIVED_WITHIN_MS = 120_000;
/** About what ingress and worker carry together on two cores, per second: it only decides how long the first run takes. */
const FIRST_GUESS = 2000;
const RUNS = 2;

/** Callbacks per second from the first request to the last delivery, while ingress and worker are both at work and every connection sends as soon as it is answered. */
export async function carriedRate(world: World, contestant: Deliverer): Promise<number> {
  let rate = FIRST_GUESS;
  for (let run = 0; run < RUNS; run += 1) {
    const count = Math.ceil(rate * world.plan.seconds.endToEnd);
    await contestant.redis.empty(contestant.queues);
    await world.sink.call('reset', { delayMs: 0, noted: 0 });
    const started = micros();
    await send(world, { contestant, count });
    const lastAt = await world.sink.call('counted', count, ARRIVED_WITHIN_MS);
    await contestant.redis.idle(contestant.queues);
    rate = (count / (lastAt - started)) * 1e6;
  }
  world.samples.add(contestant.name, { carriedPerSecond: rate });
  return rate;
}
