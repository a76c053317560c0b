import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type Layout, tagOf } from '../cluster.ts';
import { micros } from '../clock.ts';
import { type Deliverer, ringbackQueues, startDelivering } from '../contestants/contestant.ts';
import { cpuMs } from '../measure/process.ts';
import { watchCores } from '../measure/stolen.ts';
import { inTurn } from '../plan.ts';
import { ALONE } from '../predict/costs.ts';
import { type OnClose, withClosing } from '../processes.ts';
import { STATUS_FOR } from '../settings.ts';
import type { World } from '../world.ts';
import { measurePhases } from './phases.ts';
import { CONNECTIONS, warmUp } from './send.ts';

const DELIVERED_WITHIN_MS = 300_000;

function nameOfLayout({ shards, servers }: Layout): string {
  return `${shards} ${shards === 1 ? 'shard' : 'shards'} on ${servers} ${servers === 1 ? 'server' : 'servers'}`;
}

/** What a callback costs each process, by the number of shards and of Redis servers. All layouts take turns. */
export function measureShards(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, samples, say } = world;
    const contestants: Deliverer[] = [];
    for (const layout of plan.shards.layouts) {
      const contestant = await start(world, layout, onClose);
      say(`warm-up: ${contestant.name}`);
      await warmUpAll(world, contestant);
      contestants.push(contestant);
    }
    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const contestant of inTurn(contestants, round)) {
        say(`shards, round ${round} of ${plan.rounds}: ${contestant.name}`);
        samples.add(contestant.name, await takeTurn(world, contestant));
      }
      const [first] = contestants;
      if (first) samples.add(ALONE, await measureAlone(world, first));
    }
  });
}

async function start(world: World, layout: Layout, onClose: OnClose): Promise<Deliverer> {
  const queues = Array.from({ length: layout.shards }, (_, shard) => ringbackQueues(tagOf(shard))).flat();
  const started = await startDelivering('ringback', await world.startCluster(layout, onClose));
  return { ...started, name: nameOfLayout(layout), queues };
}

async function warmUpAll(world: World, contestant: Deliverer): Promise<void> {
  const { callbacks, workerSeconds } = world.plan.warmUp;
  await warmUp(world, contestant);
  await measurePhases(world, { contestant, callbacks: Math.ceil(callbacks * workerSeconds), outputs: 1 });
}

async function takeTurn(world: World, contestant: Deliverer): Promise<Record<string, number>> {
  const { callbacks } = world.plan.shards;
  const standing = await measureStanding(world, contestant);
  const one = await measurePhases(world, { contestant, callbacks, outputs: 1 });
  const three = await measurePhases(world, { contestant, callbacks: Math.ceil(callbacks / 3), outputs: 3 });
  const ofThree = Object.fromEntries(Object.entries(three).map(([what, value]) => [`${what}, 3 outputs`, value]));
  return { ...standing, ...one, ...ofThree, ...(await measureCarried(world, contestant, callbacks)) };
}

/** Without a batch: what a callback costs where few come at once. */
function measureAlone(world: World, contestant: Deliverer): Promise<Record<string, number>> {
  return measurePhases(world, { contestant, callbacks: world.plan.shards.alone, outputs: 1, connections: 1 });
}

/** What runs without any callback: looks, and reads that block. Per second of time. */
async function measureStanding(world: World, { ingress, worker, redis, queues }: Deliverer): Promise<Record<string, number>> {
  await redis.empty(queues);
  const used = () => [cpuMs(ingress.pid), cpuMs(worker.pid)] as const;
  const [before, redisBefore] = [used(), await redis.figures()];
  const started = micros();
  await delay(world.plan.shards.standingSeconds * 1000);
  const seconds = (micros() - started) / 1e6;
  const [after, redisAfter] = [used(), await redis.figures(0)];
  const perSecond = (ms: number) => (ms * 1000) / seconds;
  return {
    standingIngressMicros: perSecond(after[0] - before[0]),
    standingWorkerMicros: perSecond(after[1] - before[1]),
    standingRedisMicros: perSecond(redisAfter.cpuMs - redisBefore.cpuMs),
  };
}

/** Acks and deliveries at once, with all that the cores give. */
async function measureCarried(world: World, contestant: Deliverer, callbacks: number): Promise<Record<string, number>> {
  const { ingress, worker, redis, queues } = contestant;
  await redis.empty(queues);
  await world.sink.call('reset', { delayMs: 0, noted: 0 });
  await world.load.call('prepare', { count: callbacks, taskStatus: STATUS_FOR[1] });
  const ownMs = async () => {
    const pids = [ingress.pid, worker.pid, world.load.pid, world.sink.pid];
    return pids.reduce((sum, pid) => sum + cpuMs(pid), (await redis.figures(0)).cpuMs);
  };
  const before = await ownMs();
  const cores = watchCores();
  const started = micros();
  await world.load.call('run', { urls: [ingress.url], connections: CONNECTIONS }, DELIVERED_WITHIN_MS);
  const lastAt = await world.sink.call('counted', callbacks, DELIVERED_WITHIN_MS);
  const own = (await ownMs()) - before;
  const { idle = Number.NaN, others = Number.NaN } = cores(own) ?? {};
  await redis.idle(queues);
  return {
    carriedPerSecond: (callbacks / (lastAt - started)) * 1e6,
    carriedMicros: (own * 1000) / callbacks,
    cores: cpus().length,
    idle,
    others,
  };
}
