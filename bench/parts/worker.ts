import type { Child } from '../child.ts';
import { micros } from '../clock.ts';
import type { BarePoolCalls } from '../contestants/bare-pool.ts';
import { type Deliverer, startBarePool, startDelivering, startWorker } from '../contestants/contestant.ts';
import { inTurn, type Way } from '../plan.ts';
import { withClosing } from '../processes.ts';
import { CONCURRENCY } from '../settings.ts';
import type { World } from '../world.ts';
import { drain } from './drain.ts';
import { follow, measureOnePost } from './end-to-end.ts';
import { partialRate } from './partial-rate.ts';

type Pool = Child<BarePoolCalls>;

/** Deliveries: how many, and what they cost, against bare undici pools that post the same; and how long after the ack they arrive. */
export function measureWorker(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, say } = world;
    const start = world.startOptions('everysec', onClose);
    const rate = await partialRate(world);
    const pool = startBarePool(start);
    const deliverers = await Promise.all([startDelivering('plain', start), startDelivering('ringback', start)]);
    const warmUp: Way = { callbacks: plan.warmUp.callbacks, outputs: 1, delayMs: 0 };
    await post(world, pool, warmUp);
    for (const contestant of deliverers) await drain(world, { contestant, ...warmUp });

    for (let round = 1; round <= plan.rounds; round += 1) {
      const turns = inTurn(deliverers, round);
      for (const way of plan.deliveries) {
        say(`worker, round ${round} of ${plan.rounds}: ${nameOf(way)}`);
        world.samples.add('bare-pool', { [ofWay('deliveriesPerSecond', way)]: await post(world, pool, way) });
        for (const contestant of turns) await deliver(world, contestant, way);
      }
      say(`worker, round ${round} of ${plan.rounds}: end to end`);
      await measureOnePost(world, pool);
      for (const contestant of turns) await follow(world, contestant, rate);
    }
  });
}

/** One worker and two take turns on the same backlog. */
export function measureTwoWorkers(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, samples, say } = world;
    const start = world.startOptions('everysec', onClose);
    const contestant = await startDelivering('ringback', start);
    const second = await startWorker('ringback', start);
    const [{ callbacks } = plan.warmUp] = plan.deliveries;
    const way = { contestant, callbacks, outputs: 1, delayMs: 0 } as const;
    for (let run = 0; run < 2; run += 1) await drain(world, { ...way, callbacks: plan.warmUp.callbacks, secondWorker: second });
    for (let round = 1; round <= plan.rounds; round += 1) {
      say(`two workers against one, round ${round} of ${plan.rounds}`);
      second.stop();
      const one = await drain(world, way);
      const two = await drain(world, { ...way, secondWorker: second });
      samples.add('one-worker', { deliveriesPerSecond: one.deliveriesPerSecond });
      samples.add('two-workers', { deliveriesPerSecond: two.deliveriesPerSecond });
    }
  });
}

/** A way of delivering, for people and in the names of figures. */
function nameOf({ outputs, delayMs }: Pick<Way, 'outputs' | 'delayMs'>): string {
  return `${outputs} output${outputs === 1 ? '' : 's'}, ${delayMs} ms`;
}

function ofWay(figure: string, way: Way): string {
  return `${figure}, ${nameOf(way)}`;
}

async function deliver(world: World, contestant: Deliverer, way: Way): Promise<void> {
  const figures = Object.entries(await drain(world, { contestant, ...way }));
  world.samples.add(contestant.name, Object.fromEntries(figures.map(([figure, value]) => [ofWay(figure, way), value])));
}

/** Resolves with the deliveries per second of the bare pools. */
async function post(world: World, pool: Pool, { callbacks, outputs, delayMs }: Way): Promise<number> {
  const count = callbacks * outputs;
  await world.sink.call('reset', { delayMs, noted: 0 });
  await pool.call('prepare', { count: callbacks, outputs, concurrency: CONCURRENCY });
  const started = micros();
  const ended = pool.call('run', { concurrency: CONCURRENCY });
  const lastAt = await world.sink.call('counted', count);
  await ended;
  return (count / (lastAt - started)) * 1e6;
}
