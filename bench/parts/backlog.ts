import { micros } from '../clock.ts';
import { type Deliverer, startDelivering } from '../contestants/contestant.ts';
import { cpuMs, residentBytes } from '../measure/process.ts';
import { since } from '../measure/redis.ts';
import { BODY_BYTES } from '../load/requests.ts';
import { withClosing } from '../processes.ts';
import type { World } from '../world.ts';
import { drain } from './drain.ts';
import { send } from './send.ts';

const STEPS = 10;
const STEP_WITHIN_MS = 300_000;

/**
 * The cost of a callback while the backlog grows, and of a delivery while it shrinks. One sample per step.
 */
export function measureBacklog(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const start = world.startOptions('everysec', onClose);
    const contestant = await startDelivering('ringback', start);
    const { redis, queues, worker, ingress } = contestant;
    await drain(world, { contestant, callbacks: world.plan.warmUp.callbacks, outputs: 1, delayMs: 0 });
    await redis.empty(queues);
    const before = await redis.figures();
    worker.stop();
    await fill(world, contestant);
    const filled = await redis.figures();
    await world.sink.call('reset', { delayMs: 0, noted: 0 });
    worker.resume();
    await empty(world, contestant);
    await redis.idle(queues);
    const drained = await redis.figures();
    const { backlog } = world.plan;
    world.samples.add('memory', {
      ingress: residentBytes(ingress.pid),
      worker: residentBytes(worker.pid),
      redisFilled: filled.residentBytes,
      redisDrained: drained.residentBytes,
    });
    world.samples.add('backlog', {
      bytesBeyondBody: since(before, filled).bytes / backlog - BODY_BYTES,
      bytesKept: since(before, drained).bytes / backlog,
    });
  });
}

async function fill(world: World, contestant: Deliverer): Promise<void> {
  const count = Math.ceil(world.plan.backlog / STEPS);
  for (let step = 1; step <= STEPS; step += 1) {
    world.say(`backlog: callbacks ${(step - 1) * count} to ${step * count}`);
    const { ackedPerSecond, cpuMicros, redis } = await send(world, { contestant, count });
    const redisMicros = ((redis?.cpuMs ?? Number.NaN) * 1000) / count;
    world.samples.add('filling', { ackedPerSecond, cpuMicros, redisMicros });
  }
}

async function empty(world: World, { worker, redis }: Deliverer): Promise<void> {
  const count = Math.ceil(world.plan.backlog / STEPS);
  let [at, cpu, redisCpu] = [micros(), cpuMs(worker.pid), (await redis.figures(0)).cpuMs];
  for (let step = 1; step <= STEPS; step += 1) {
    world.say(`backlog: ${world.plan.backlog - (step - 1) * count} left`);
    const reachedAt = await world.sink.call('counted', step * count, STEP_WITHIN_MS);
    const [cpuNow, redisCpuNow] = [cpuMs(worker.pid), (await redis.figures(0)).cpuMs];
    world.samples.add('draining', {
      deliveriesPerSecond: (count / (reachedAt - at)) * 1e6,
      cpuMicros: ((cpuNow - cpu) * 1000) / count,
      redisMicros: ((redisCpuNow - redisCpu) * 1000) / count,
    });
    [at, cpu, redisCpu] = [reachedAt, cpuNow, redisCpuNow];
  }
}
