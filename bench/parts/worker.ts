import type { Child } from '../child.ts';
import { micros } from '../clock.ts';
import type { BarePoolCalls } from '../contestants/bare-pool.ts';
import { startBarePool, startDelivering, startWorker } from '../contestants/contestant.ts';
import { inTurn, type Way } from '../plan.ts';
import { withClosing } from '../processes.ts';
import { CONCURRENCY } from '../settings.ts';
import type { World } from '../world.ts';
import { drain } from './drain.ts';
import { follow, measureOnePost } from './end-to-end.ts';
import { partialRate } from './partial-rate.ts';

type Pool = Child<BarePoolCalls>;

/** Fewer callbacks would tell nothing. */
const LEAST = 100;

/** Who delivers; resolves with the figures of so many callbacks. */
type Turn = {
  readonly name: string;
  readonly deliver: (callbacks: number, way: Way) => Promise<Readonly<Record<string, number>>>;
};

const AT_ONCE: Way = { outputs: 1, delayMs: 0 };

/** Deliveries: how many, and what they cost, against bare undici pools that post the same; and how long after the ack they arrive. */
export function measureWorker(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, say } = world;
    const start = world.startOptions('everysec', onClose);
    const rate = await partialRate(world);
    const pool = startBarePool(start);
    const deliverers = await Promise.all([startDelivering('plain', start), startDelivering('ringback', start)]);
    const turns: readonly Turn[] = [
      { name: 'bare-pool', deliver: (callbacks, way) => post(world, pool, { callbacks, ...way }) },
      ...deliverers.map((contestant) => ({
        name: contestant.name,
        deliver: (callbacks: number, way: Way) => drain(world, { contestant, callbacks, ...way }),
      })),
    ];
    const warmRates = new Map<string, number>();
    for (const { name, deliver } of turns) {
      const { deliveriesPerSecond = 0 } = await deliver(plan.warmUp.callbacks, AT_ONCE);
      warmRates.set(name, deliveriesPerSecond);
    }

    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const { seconds, ...way } of plan.deliveries) {
        say(`worker, round ${round} of ${plan.rounds}: ${nameOf(way)}`);
        for (const turn of inTurn(turns, round))
          await takeTurn(world, { ...turn, way, seconds, warmRate: warmRates.get(turn.name) ?? 0 });
      }
      say(`worker, round ${round} of ${plan.rounds}: end to end`);
      await measureOnePost(world, pool);
      for (const contestant of inTurn(deliverers, round)) await follow(world, contestant, rate);
    }
  });
}

/** Delivers as many callbacks as take about so long, going by the round before. */
async function takeTurn(
  { samples }: World,
  { name, deliver, way, seconds, warmRate }: Turn & { way: Way; seconds: number; warmRate: number },
): Promise<void> {
  const rate = samples.values(name, ofWay('deliveriesPerSecond', way)).at(-1) ?? warmRate;
  const figures = await deliver(Math.max(LEAST, Math.ceil((rate * seconds) / way.outputs)), way);
  samples.add(name, Object.fromEntries(Object.entries(figures).map(([figure, value]) => [ofWay(figure, way), value])));
}

/** One worker and two take turns on the same backlog. */
export function measureTwoWorkers(world: World): Promise<void> {
  return withClosing(async (onClose) => {
    const { plan, samples, say } = world;
    const start = world.startOptions('everysec', onClose);
    const contestant = await startDelivering('ringback', start);
    const second = await startWorker('ringback', start);
    const way = { contestant, callbacks: plan.warmUp.callbacks, ...AT_ONCE };
    for (let run = 0; run < 2; run += 1) await drain(world, { ...way, secondWorker: second });
    for (let round = 1; round <= plan.rounds; round += 1) {
      say(`two workers against one, round ${round} of ${plan.rounds}`);
      second.stop();
      const one = await drain(world, { ...way, callbacks: 2 * way.callbacks });
      const two = await drain(world, { ...way, callbacks: 2 * way.callbacks, secondWorker: second });
      samples.add('one-worker', { deliveriesPerSecond: one.deliveriesPerSecond });
      samples.add('two-workers', { deliveriesPerSecond: two.deliveriesPerSecond });
    }
  });
}

/** A way of delivering, for people and in the names of figures. */
function nameOf({ outputs, delayMs }: Way): string {
  return `${outputs} output${outputs === 1 ? '' : 's'}, ${delayMs} ms`;
}

function ofWay(figure: string, way: Way): string {
  return `${figure}, ${nameOf(way)}`;
}

/** The bare pools' turn. */
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
