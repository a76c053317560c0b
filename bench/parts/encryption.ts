import { type Deliverer, startDelivering } from '../contestants/contestant.ts';
import { BODY_BYTES } from '../load/requests.ts';
import { inTurn } from '../plan.ts';
import { withClosing } from '../processes.ts';
import type { World } from '../world.ts';
import { drain } from './drain.ts';
import { send, warmUp } from './send.ts';

const AT_ONCE = { outputs: 1, delayMs: 0 } as const;

/** Bodies encrypted and as they came, in turn: both run now, so that what slows the machine slows both. */
export function measureEncryption(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, say } = world;
    const [plain, encrypted] = await Promise.all([
      startDelivering('ringback', world.startOptions('second everysec', onClose)),
      world.startEncrypting(onClose).then((options) => startDelivering('ringback', options)),
    ]);
    const contestants: readonly Deliverer[] = [
      { ...plain, name: 'plain bodies' },
      { ...encrypted, name: 'encrypted bodies' },
    ];
    const rates: number[] = [];
    for (const contestant of contestants) {
      rates.push(await warmUp(world, contestant));
      const callbacks = Math.ceil(plan.warmUp.callbacks * plan.warmUp.workerSeconds);
      await drain(world, { contestant, callbacks, ...AT_ONCE });
    }
    // The same for both: what a batch costs is shared by its callbacks.
    const count = Math.ceil(Math.min(...rates) * plan.pairs.seconds);
    for (let round = 1; round <= plan.pairs.rounds; round += 1) {
      for (const contestant of inTurn(contestants, round)) {
        say(`encryption, round ${round} of ${plan.pairs.rounds}: ${contestant.name}`);
        await takeTurn(world, contestant, count);
      }
    }
  });
}

/** Acks while the worker stands still, then deliveries of a backlog. */
async function takeTurn(world: World, contestant: Deliverer, count: number): Promise<void> {
  const { samples } = world;
  const { name, worker, redis, queues } = contestant;
  worker.stop();
  const { ackedPerSecond, cpuMicros, p99, redis: used } = await send(world, { contestant, count });
  await redis.empty(queues);
  worker.resume();
  const waitingBytes = (used?.bytes ?? Number.NaN) / count;
  samples.add(name, { ackedPerSecond, cpuMicros, fullP99: p99, waitingBytes, bytesBeyondBody: waitingBytes - BODY_BYTES });
  const { deliveriesPerSecond, workerCpuMicros, redisMicros } = await drain(world, { contestant, callbacks: count, ...AT_ONCE });
  samples.add(name, { deliveriesPerSecond, workerCpuMicros, redisMicros });
  await redis.empty(queues);
}
