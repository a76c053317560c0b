import { startDelivering, startQueueing, startWorker } from '../contestants/contestant.ts';
import { withClosing } from '../processes.ts';
import type { World } from '../world.ts';
import { drain } from './drain.ts';
import { send, warmUp } from './send.ts';

const AT_ONCE = { outputs: 1, delayMs: 0 } as const;

/** One and two ingresses under the same load; one and two workers on the same backlog. */
export function measureTwoProcesses(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, samples, say } = world;
    const start = world.startOptions('everysec', onClose);
    const contestant = await startDelivering('ringback', start);
    const [secondIngress, secondWorker] = await Promise.all([startQueueing('ringback', start), startWorker('ringback', start)]);
    const { redis, queues, worker } = contestant;
    const way = { contestant, callbacks: plan.warmUp.callbacks, ...AT_ONCE };
    for (let run = 0; run < 2; run += 1) await drain(world, { ...way, secondWorker });

    for (let round = 1; round <= plan.rounds; round += 1) {
      say(`two workers against one, round ${round} of ${plan.rounds}`);
      secondWorker.stop();
      const one = await drain(world, { ...way, callbacks: 2 * way.callbacks });
      const two = await drain(world, { ...way, callbacks: 2 * way.callbacks, secondWorker });
      samples.add('one-process', { deliveriesPerSecond: one.deliveriesPerSecond });
      samples.add('two-processes', { deliveriesPerSecond: two.deliveriesPerSecond });
    }

    worker.stop();
    secondWorker.stop();
    await warmUp(world, { ...contestant, ingress: secondIngress.ingress });
    const rate = await warmUp(world, contestant);
    for (let round = 1; round <= plan.rounds; round += 1) {
      say(`two ingresses against one, round ${round} of ${plan.rounds}`);
      const count = Math.ceil(rate * plan.seconds.two);
      const one = await send(world, { contestant, count });
      await redis.empty(queues);
      const two = await send(world, { contestant, count, secondIngress: secondIngress.ingress });
      await redis.empty(queues);
      samples.add('one-process', { ackedPerSecond: one.ackedPerSecond });
      samples.add('two-processes', { ackedPerSecond: two.ackedPerSecond });
    }
  });
}
