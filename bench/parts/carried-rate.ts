import type { Deliverer } from '../contestants/contestant.ts';
import { micros } from '../clock.ts';
import type { World } from '../world.ts';
import { send } from './send.ts';

const ARRIVED_WITHIN_MS = 120_000;
/** Per second, two cores. Sets the length of the first run only. */
const FIRST_GUESS = 2000;
const RUNS = 2;

/** Per second, from the first request to the last delivery, at full load. */
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
