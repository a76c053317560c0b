import type { Child } from '../child.ts';
import { micros } from '../clock.ts';
import type { BarePoolCalls } from '../contestants/bare-pool.ts';
import { type Deliverer, startBarePool, startDelivering } from '../contestants/contestant.ts';
import { inTurn, type Way } from '../plan.ts';
import { withClosing } from '../processes.ts';
import { CONCURRENCY } from '../settings.ts';
import type { World } from '../world.ts';
import { drain } from './drain.ts';
import { follow, measureOnePost } from './end-to-end.ts';
import { carriedRate } from './carried-rate.ts';

type Pool = Child<BarePoolCalls>;

const LEAST = 100;

type Turn = {
  readonly name: string;
  readonly deliver: (callbacks: number, way: Way) => Promise<Readonly<Record<string, number>>>;
};

const AT_ONCE: Way = { outputs: 1, delayMs: 0 };

/** Of the rate end to end. */
const LOW_SHARE = 0.3;

/** Rate, cost and delay, against bare undici pools. */
export function measureWorker(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, say } = world;
    const start = world.startOptions('everysec', onClose);
    const pool = startBarePool(start);
    const [plain, ringback] = await Promise.all([startDelivering('plain', start), startDelivering('ringback', start)]);
    const deliverers: readonly Deliverer[] = [plain, ringback];
    const turns: readonly Turn[] = [
      { name: 'bare-pool', deliver: (callbacks, way) => post(world, pool, { callbacks, ...way }) },
      ...deliverers.map((contestant) => ({
        name: contestant.name,
        deliver: (callbacks: number, way: Way) => drain(world, { contestant, callbacks, ...way }),
      })),
    ];
    const warmRates = new Map<string, number>();
    for (const { name, deliver } of turns) warmRates.set(name, await warmUp(world, deliver));
    const carried = await carriedRate(world, ringback);

    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const { seconds, ...way } of plan.deliveries) {
        say(`worker, round ${round} of ${plan.rounds}: ${nameOf(way)}`);
        for (const turn of inTurn(turns, round))
          await takeTurn(world, { ...turn, way, seconds, warmRate: warmRates.get(turn.name) ?? 0 });
      }
      say(`worker, round ${round} of ${plan.rounds}: end to end`);
      await measureOnePost(world, pool);
      for (const contestant of inTurn(deliverers, round)) await follow(world, contestant, carried * LOW_SHARE);
    }
  });
}

/** The same time for each. Resolves with deliveries per second. */
async function warmUp({ plan }: World, deliver: Turn['deliver']): Promise<number> {
  const { callbacks, workerSeconds } = plan.warmUp;
  const { deliveriesPerSecond: first = 0 } = await deliver(callbacks, AT_ONCE);
  const { deliveriesPerSecond: second = 0 } = await deliver(Math.max(callbacks, Math.ceil(first * workerSeconds)), AT_ONCE);
  return second;
}

/** As many as take about this long, by the last round. */
async function takeTurn(
  { samples }: World,
  { name, deliver, way, seconds, warmRate }: Turn & { way: Way; seconds: number; warmRate: number },
): Promise<void> {
  const rate = samples.values(name, ofWay('deliveriesPerSecond', way)).at(-1) ?? warmRate;
  const figures = await deliver(Math.max(LEAST, Math.ceil((rate * seconds) / way.outputs)), way);
  samples.add(name, Object.fromEntries(Object.entries(figures).map(([figure, value]) => [ofWay(figure, way), value])));
}

function nameOf({ outputs, delayMs }: Way): string {
  return `${outputs} output${outputs === 1 ? '' : 's'}, ${delayMs} ms`;
}

function ofWay(figure: string, way: Way): string {
  return `${figure}, ${nameOf(way)}`;
}

async function post(world: World, pool: Pool, options: Way & { callbacks: number }) {
  const { callbacks, outputs, delayMs } = options;
  const count = callbacks * outputs;
  await world.sink.call('reset', { delayMs, noted: 0 });
  await pool.call('prepare', { count: callbacks, outputs, concurrency: CONCURRENCY });
  const started = micros();
  const ended = pool.call('run', { concurrency: CONCURRENCY });
  const lastAt = await world.sink.call('counted', count);
  await ended;
  return { deliveriesPerSecond: (count / (lastAt - started)) * 1e6 };
}
