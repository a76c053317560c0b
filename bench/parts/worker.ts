import type { Child } from '../child.ts';
import { micros } from '../clock.ts';
import type { BarePoolCalls } from '../contestants/bare-pool.ts';
import { type Deliverer, startBarePool, startDelivering, startWorker } from '../contestants/contestant.ts';
import type { Plan } from '../plan.ts';
import { type App, withClosing } from '../processes.ts';
import { CONCURRENCY } from '../settings.ts';
import type { World } from '../world.ts';
import { drain } from './drain.ts';

type Case = Plan['deliveries'][number];

/** Deliveries: how many, and what they cost, against bare undici pools that post the same. */
export function measureWorker(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, say } = world;
    const start = world.startOptions('everysec', onClose);
    const pool = startBarePool(start);
    const deliverers = await Promise.all([startDelivering('plain', start), startDelivering('ringback', start)]);
    const [, ringback] = deliverers;
    for (const contestant of deliverers) await warmUp(world, contestant);
    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const way of plan.deliveries) {
        say(`worker, round ${round} of ${plan.rounds}: ${way.outputs} output(s), destination takes ${way.delayMs} ms`);
        await post(world, pool, way);
        for (const contestant of deliverers) await deliver(world, contestant, way);
      }
    }
    await measureTwoWorkers(world, ringback, await startWorker('ringback', start));
  });
}

const WARM_UP = { callbacks: 1500, outputs: 3, delayMs: 0 } as const;

async function warmUp(world: World, contestant: Deliverer): Promise<void> {
  await drain(world, { contestant, ...WARM_UP });
}

/** A figure's name for one way of delivering. */
export function ofCase(figure: string, { outputs, delayMs }: Pick<Case, 'outputs' | 'delayMs'>): string {
  return `${figure}, ${outputs} output${outputs === 1 ? '' : 's'}, ${delayMs} ms`;
}

async function deliver(world: World, contestant: Deliverer, way: Case): Promise<void> {
  const figures = await drain(world, { contestant, ...way });
  world.samples.add(
    contestant.name,
    Object.fromEntries(Object.entries(figures).map(([figure, value]) => [ofCase(figure, way), value])),
  );
}

async function post(world: World, pool: Child<BarePoolCalls>, way: Case): Promise<void> {
  const { callbacks, outputs, delayMs } = way;
  await world.sink.call('reset', { delayMs, noted: 0 });
  await pool.call('prepare', { count: callbacks, outputs, concurrency: CONCURRENCY });
  const started = micros();
  const ended = pool.call('run', { concurrency: CONCURRENCY });
  const lastAt = await world.sink.call('counted', callbacks * outputs);
  await ended;
  world.samples.add('bare-pool', {
    [ofCase('deliveriesPerSecond', way)]: ((callbacks * outputs) / (lastAt - started)) * 1e6,
  });
}

/** One worker and two take turns on the same backlog. */
async function measureTwoWorkers(world: World, contestant: Deliverer, second: App): Promise<void> {
  const { plan, samples, say } = world;
  const [way] = plan.deliveries;
  if (!way) return;
  await drain(world, { contestant, ...WARM_UP, secondWorker: second });
  for (let round = 1; round <= plan.rounds; round += 1) {
    say(`two workers against one, round ${round} of ${plan.rounds}`);
    second.stop();
    const one = await drain(world, { contestant, ...way });
    const two = await drain(world, { contestant, ...way, secondWorker: second });
    samples.add('one-worker', { deliveriesPerSecond: one.deliveriesPerSecond });
    samples.add('two-workers', { deliveriesPerSecond: two.deliveriesPerSecond });
  }
}
