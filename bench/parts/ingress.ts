import { type Contestant, startQueueing, startWithoutQueue } from '../contestants/contestant.ts';
import { BODY_BYTES } from '../load/requests.ts';
import { inTurn } from '../plan.ts';
import { withClosing } from '../processes.ts';
import type { World } from '../world.ts';
import { send, warmUp } from './send.ts';

/** Of the limit's rate. */
const LOW_SHARE = 0.3;

type Turn = { readonly contestant: Contestant; readonly rate: number; readonly lowRate: number };

/** Acks: number, speed, cost. No worker runs. */
export function measureIngress(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, say } = world;
    const everysec = world.startOptions('everysec', onClose);
    const always = world.startOptions('always', onClose);
    const contestants = await Promise.all([
      startWithoutQueue('bare-server', everysec),
      startWithoutQueue('limit', everysec),
      startQueueing('plain', everysec),
      startQueueing('ringback', everysec),
      startQueueing('ringback', { ...always, name: 'ringback-always' }),
    ]);
    const rates = new Map<string, number>();
    for (const contestant of contestants) rates.set(contestant.name, await warmUp(world, contestant));
    const lowRate = (rates.get('limit') ?? 0) * LOW_SHARE;
    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const contestant of inTurn(contestants, round)) {
        say(`ingress, round ${round} of ${plan.rounds}: ${contestant.name}`);
        const rate = rates.get(contestant.name) ?? 0;
        rates.set(contestant.name, await takeTurn(world, { contestant, rate, lowRate }));
      }
    }
  });
}

/** Latencies at low load for three. Resolves with the rate at full load. */
async function takeTurn(world: World, { contestant, rate, lowRate }: Turn): Promise<number> {
  const { plan, samples } = world;
  const { name, redis, queues } = contestant;
  const full = await send(world, { contestant, count: Math.ceil(rate * plan.seconds.full) });
  const { ackedPerSecond, cpuMicros, loadShare } = full;
  samples.add(name, { ackedPerSecond, cpuMicros, loadShare, ...latencies('full', full) });
  if (full.redis) {
    const { cpuMs, commands, scripts, looks, bytes } = full.redis;
    const per = (total: number) => total / full.acked;
    const bytesBeyondBody = per(bytes) - BODY_BYTES;
    samples.add(name, { redisMicros: per(cpuMs) * 1000, commands: per(commands), scripts: per(scripts), looks, bytesBeyondBody });
  }
  await redis?.empty(queues);
  if (name === 'limit' || name === 'plain' || name === 'ringback') {
    const partial = await send(world, { contestant, count: Math.ceil(lowRate * plan.seconds.partial), rate: lowRate });
    samples.add(name, latencies('partial', partial));
    // One connection is no faster than all.
    const single = await send(world, { contestant, connections: 1, count: Math.ceil(SINGLE_RATE * plan.seconds.single) });
    samples.add(name, latencies('single', single));
    await redis?.empty(queues);
  }
  return ackedPerSecond;
}

/** Per second. Sets the length only. */
const SINGLE_RATE = 1000;

function latencies(load: string, { p50, p99, p999 }: { p50: number; p99: number; p999: number }): Record<string, number> {
  return { [`${load}P50`]: p50, [`${load}P99`]: p99, [`${load}P999`]: p999 };
}
