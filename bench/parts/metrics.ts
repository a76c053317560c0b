import { micros } from '../clock.ts';
import { type Deliverer, startDelivering } from '../contestants/contestant.ts';
import { countingMicros } from '../measure/counting.ts';
import { cpuMs } from '../measure/process.ts';
import { since } from '../measure/redis.ts';
import { readMetrics, scrape } from '../measure/scrape.ts';
import { inTurn } from '../plan.ts';
import { type App, withClosing } from '../processes.ts';
import type { World } from '../world.ts';
import { carriedRate } from './carried-rate.ts';
import { drain } from './drain.ts';
import { send, warmUp } from './send.ts';

const ARRIVED_WITHIN_MS = 120_000;

/** The same two processes at full load, with their metrics read once a second and not, in turn. Then a page alone. */
export function measureMetrics(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, say } = world;
    const contestant = await startDelivering('ringback', world.startOptions('everysec', onClose));
    await warmUp(world, contestant);
    const callbacks = Math.ceil(plan.warmUp.callbacks * plan.warmUp.workerSeconds);
    await drain(world, { contestant, callbacks, outputs: 1, delayMs: 0 });
    const count = Math.ceil((await carriedRate(world, { ...contestant, name: 'before metrics' })) * plan.pairs.scrapedSeconds);
    for (let round = 1; round <= plan.pairs.rounds; round += 1) {
      for (const name of inTurn(['not scraped', 'scraped'] as const, round)) {
        say(`metrics, round ${round} of ${plan.pairs.rounds}: ${name}`);
        await carry(world, { ...contestant, name }, count);
      }
      await readPages(world, contestant);
      for (const app of ['ingress', 'worker'] as const)
        world.samples.add('counting', { [`${app}Micros`]: countingMicros(app, plan.pairs.counted) });
    }
  });
}

/** Everything at once, as while callbacks come and go. Figures per callback. */
function carry(world: World, contestant: Deliverer, count: number): Promise<void> {
  const { name, ingress, worker, redis, queues } = contestant;
  return withClosing(async (onClose) => {
    await redis.empty(queues);
    await world.sink.call('reset', { delayMs: 0, noted: 0 });
    if (name === 'scraped') scrape([ingress, worker], onClose);
    const [before, ingressBefore, workerBefore] = [await redis.figures(), cpuMs(ingress.pid), cpuMs(worker.pid)];
    const started = micros();
    await send(world, { contestant, count });
    const lastAt = await world.sink.call('counted', count, ARRIVED_WITHIN_MS);
    await redis.idle(queues);
    const used = since(before, await redis.figures());
    const per = (ms: number) => (ms * 1000) / count;
    world.samples.add(name, {
      carriedPerSecond: (count / (lastAt - started)) * 1e6,
      ingressMicros: per(cpuMs(ingress.pid) - ingressBefore),
      workerMicros: per(cpuMs(worker.pid) - workerBefore),
      redisMicros: per(used.cpuMs),
    });
  });
}

/** What one page costs its process, ms: as many tenths of a percent of a core if it is read once a second. */
async function readPages({ samples, plan }: World, { ingress, worker }: Deliverer): Promise<void> {
  const msOf = async (app: App) => {
    const before = cpuMs(app.pid);
    for (let page = 0; page < plan.pairs.pages; page += 1) await readMetrics(app);
    return (cpuMs(app.pid) - before) / plan.pairs.pages;
  };
  samples.add('pages', { ingressMs: await msOf(ingress), workerMs: await msOf(worker) });
}
