import { type Deliverer, startDelivering } from '../contestants/contestant.ts';
import { BODY_BYTES } from '../load/requests.ts';
import { scrape } from '../measure/scrape.ts';
import { inTurn, type Way } from '../plan.ts';
import { withClosing } from '../processes.ts';
import type { World } from '../world.ts';
import { drain } from './drain.ts';
import { send, warmUp } from './send.ts';

const WAYS: readonly Way[] = [
  { outputs: 1, delayMs: 0 },
  { outputs: 3, delayMs: 0 },
];

type Turn = { readonly contestant: Deliverer; readonly rate: number };

/** This checkout and another one, in turn: both run now, so that what slows the machine down slows both. Scraped each second. */
export function measureAgainst(world: World, root: string): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, say } = world;
    const [there, here] = await Promise.all([
      startDelivering('ringback', { ...world.startOptions('second everysec', onClose), root }),
      startDelivering('ringback', world.startOptions('everysec', onClose)),
    ]);
    scrape([there.ingress, there.worker, here.ingress, here.worker], onClose);
    const turns: Turn[] = [];
    for (const contestant of [
      { ...there, name: 'there' },
      { ...here, name: 'here' },
    ]) {
      turns.push({ contestant, rate: await warmUp(world, contestant) });
      const callbacks = Math.ceil(plan.warmUp.callbacks * plan.warmUp.workerSeconds);
      for (const way of WAYS) await drain(world, { contestant, callbacks, ...way });
    }
    for (let round = 1; round <= plan.roundsAgainst; round += 1) {
      for (const turn of inTurn(turns, round)) {
        say(`against, round ${round} of ${plan.roundsAgainst}: ${turn.contestant.name}`);
        await takeTurn(world, turn);
      }
    }
  });
}

async function takeTurn(world: World, { contestant, rate }: Turn): Promise<void> {
  const { plan, samples } = world;
  const { name, worker, redis, queues } = contestant;
  const count = Math.ceil(rate * plan.seconds.full);
  worker.stop();
  const { ackedPerSecond, cpuMicros, fullP99, redis: used } = await sendAll(world, contestant, count);
  await redis.empty(queues);
  worker.resume();
  samples.add(name, { ackedPerSecond, cpuMicros, fullP99, ...used });
  for (const way of WAYS) {
    const { repeats: _, ...figures } = await drain(world, { contestant, callbacks: Math.ceil(count / way.outputs), ...way });
    samples.add(name, Object.fromEntries(Object.entries(figures).map(([what, value]) => [`${what}, ${way.outputs}`, value])));
  }
}

async function sendAll(world: World, contestant: Deliverer, count: number) {
  const { ackedPerSecond, cpuMicros, p99, acked, redis } = await send(world, { contestant, count });
  const per = (total = Number.NaN) => total / acked;
  return {
    ackedPerSecond,
    cpuMicros,
    fullP99: p99,
    redis: {
      redisMicros: per(redis?.cpuMs) * 1000,
      commands: per(redis?.commands),
      bytesBeyondBody: per(redis?.bytes) - BODY_BYTES,
    },
  };
}
