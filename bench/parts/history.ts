import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareTestPostgres, runPrivatePostgres } from '@ringback/testkit/bare';
import { type Deliverer, startDelivering } from '../contestants/contestant.ts';
import { micros } from '../clock.ts';
import { inTurn } from '../plan.ts';
import { type OnClose, withClosing } from '../processes.ts';
import type { HistoryPlace } from '../settings.ts';
import type { World } from '../world.ts';
import { drain } from './drain.ts';
import { measureHistoryStore } from './history-store.ts';
import { send, warmUp } from './send.ts';

const STREAMS = ['ringback:history'];
const AT_ONCE = { outputs: 1, delayMs: 0 } as const;
const ARRIVED_WITHIN_MS = 120_000;
const FINDS_POSTGRES_WITHIN_MS = 300_000;
/** PostgreSQL's own defaults: servers of tests may be set up to be faster. */
const DURABLE = ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on'];

type Turn = { readonly contestant: Deliverer; readonly rate: number };

/** What a history costs ingress, worker and Redis; and what each store can do. Each time with an empty store. */
export async function measureHistory(world: World): Promise<void> {
  for (const place of Object.values(PLACES)) {
    await withClosing(async (onClose) => measureBeside(world, await place(onClose), onClose));
    await withClosing(async (onClose) => measureHistoryStore(world, await place(onClose), onClose));
  }
}

type Place = (onClose: OnClose) => Promise<HistoryPlace>;

const PLACES: Readonly<Record<HistoryPlace['store'], Place>> = {
  async sqlite(onClose) {
    const folder = await mkdtemp(join(tmpdir(), 'ringback-bench-history-'));
    onClose(() => rm(folder, { recursive: true, force: true }));
    return { store: 'sqlite', path: join(folder, 'history.sqlite') };
  },
  async postgres(onClose) {
    const prepared = await prepareTestPostgres(AbortSignal.timeout(FINDS_POSTGRES_WITHIN_MS));
    onClose(() => prepared.remove());
    const server = await runPrivatePostgres(prepared, DURABLE);
    onClose(() => server.remove());
    return { store: 'postgres', url: server.url };
  },
};

/** With and without, in turn: both run now, so that what slows the machine slows both. */
async function measureBeside(world: World, place: HistoryPlace, onClose: OnClose): Promise<void> {
  const { plan, say } = world;
  const [without, kept] = await Promise.all([
    startDelivering('ringback', world.startOptions('second everysec', onClose)),
    world.startWithHistory(place, onClose).then((options) => startDelivering('ringback', options)),
  ]);
  const turns: Turn[] = [];
  for (const contestant of [
    { ...without, name: `without, ${place.store}` },
    { ...kept, name: `with, ${place.store}`, streams: STREAMS },
  ]) {
    const rate = await warmUp(world, contestant);
    for (const callbacks of [plan.warmUp.callbacks, Math.ceil(plan.warmUp.callbacks * plan.warmUp.workerSeconds)])
      await drain(world, { contestant, callbacks, ...AT_ONCE });
    turns.push({ contestant, rate });
  }
  for (let round = 1; round <= plan.history.rounds; round += 1) {
    for (const turn of inTurn(turns, round)) {
      say(`history, round ${round} of ${plan.history.rounds}: ${turn.contestant.name}`);
      await takeTurn(world, turn);
    }
  }
}

/** Acks while the worker stands still, deliveries of a backlog, then both at once. */
async function takeTurn(world: World, { contestant, rate }: Turn): Promise<void> {
  const { samples, plan } = world;
  const { name, worker, redis, queues, streams } = contestant;
  const count = Math.ceil(rate * plan.history.seconds);
  worker.stop();
  const { ackedPerSecond, cpuMicros } = await send(world, { contestant, count });
  await redis.empty(queues);
  worker.resume();
  samples.add(name, { ackedPerSecond, cpuMicros });
  const { repeats: _, ...drained } = await drain(world, { contestant, callbacks: count, ...AT_ONCE });
  const mainMicros = drained.workerCpuMicros - drained.writerCpuMicros;
  samples.add(name, { ...drained, mainMicros });
  await redis.empty(queues);
  await world.sink.call('reset', { delayMs: 0, noted: 0 });
  const started = micros();
  await send(world, { contestant, count });
  const lastAt = await world.sink.call('counted', count, ARRIVED_WITHIN_MS);
  await redis.idle(queues, streams);
  samples.add(name, { carriedPerSecond: (count / (lastAt - started)) * 1e6, lagSeconds: (micros() - lastAt) / 1e6 });
}
