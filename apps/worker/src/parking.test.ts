import { createParkOutput, type HistoryEvent, type RestStore } from '@ringback/history';
import { type BacklogBound, createParking, readBacklog, NO_BACKLOG } from '@ringback/queue';
import { testCallback } from '@ringback/testkit';
import type { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DEADLINE, startOutputs } from './test-outputs.ts';
import { openTestHistory } from './test-history.ts';

const WINDOW_MS = 60_000;
const BATCHES = 4;
const ids = Array.from({ length: 3 * BATCHES }, (_, index) => `r${String(index).padStart(2, '0')}`);
/** Three in each. */
const batches = Array.from({ length: BATCHES }, (_, index) => ids.slice(3 * index, 3 * index + 3));
const callbackOf = (id: string) => testCallback(id, { receivedAt: 1000 + ids.indexOf(id) });

/** Killed before a command, or stopped before it until another process has looked once, or until all is delivered. */
type Fault = { readonly at: number; readonly how: 'killed' | 'stopped' | 'stopped for long' };

/** A connection and a store of a process that has a fault at one of its commands, and how many it made. */
function mortal({ redis: of, prefix }: { redis: Redis; prefix: string }, rest: RestStore, fault?: Fault) {
  const redis = of.duplicate();
  onTestFinished(() => redis.disconnect());
  let steps = 0;
  const goesOn = Promise.withResolvers<void>();
  const struck = Promise.withResolvers<void>();
  async function step<T>(work: () => Promise<T>): Promise<T> {
    steps += 1;
    if (fault === undefined || steps < fault.at) return work();
    struck.resolve();
    await goesOn.promise;
    return work();
  }
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    if (['info', 'client', 'select'].includes(command.name)) return send(command, stream);
    return step(() => Promise.resolve(send(command, stream)));
  };
  const mortalRest: RestStore = {
    put: (entries) => step(() => rest.put(entries)),
    oldest: (wanted, limit) => step(() => rest.oldest(wanted, limit)),
    remove: (entries) => step(() => rest.remove(entries)),
    find: (filter, page) => step(() => rest.find(filter, page)),
    counts: () => step(() => rest.counts()),
  };
  return {
    access: { redis, prefix },
    rest: mortalRest,
    struck: struck.promise,
    goOn: () => goesOn.resolve(),
    steps: () => steps,
  };
}

type Place = { readonly access: { redis: Redis; prefix: string }; readonly rest: RestStore; readonly wake?: () => void };

function openParking({ access, rest, wake = () => {} }: Place, bound: BacklogBound) {
  const events: HistoryEvent[] = [];
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const parking = createParking({ ...access, window: WINDOW_MS });
  const memory = { tight: () => false, nearlyFull: () => false };
  const handOver = async (event: HistoryEvent) => void events.push(event);
  const deps = { ...access, parking, rest, memory, handOver, wake, now: Date.now, logger };
  const output = createParkOutput(deps, { output: 'crm', parks: true, bound: () => bound });
  onTestFinished(() => output.close().catch(() => {}));
  const look = async () => output.look((await readBacklog(access)).get('crm') ?? NO_BACKLOG);
  return { look, events, logger };
}

const breaker = { enabled: true, failures: 2, failingFor: 60_000, cooldown: 300, maxHold: 60_000 };

/** `crm` is away and holds four batches; `ops` has taken them. */
async function startAway() {
  const world = startOutputs({ crm: { breaker } });
  world.down.add('crm');
  await world.run('b-first', { crm: [testCallback('first')] });
  await vi.waitFor(() => expect(world.lanes.get('crm')?.flow.flow()).toBe('stuck'), DEADLINE);
  for (const [index, batch] of batches.entries()) {
    const callbacks = batch.map(callbackOf);
    await world.run(`b${index}`, { crm: callbacks, ops: callbacks });
  }
  const { rest } = await openTestHistory();
  const parked = async () => (await rest.oldest({ kind: 'parked', output: 'crm' }, 1000)).map(({ requestID }) => requestID);
  const back = () => {
    world.down.clear();
    return vi.waitFor(() => expect(world.arrived('crm')).toEqual(['first', ...ids].toSorted()), DEADLINE);
  };
  const wake = () => world.lanes.get('crm')?.flow.wake();
  return { ...world, rest, parked, wake, back };
}

const statesOf = (events: readonly HistoryEvent[]) =>
  events.flatMap((event) => (event.kind === 'changed' ? [`${event.state} ${event.deliveries.length}`] : []));

type World = Awaited<ReturnType<typeof startAway>>;

/** The output is up. Each delivery MUST have come once when nothing is left anywhere. */
async function expectAllOnce(world: World, place: Place = world): Promise<void> {
  const { look } = openParking(place, BOUND);
  const back = world.back();
  await vi.waitFor(async () => {
    await look();
    expect(await world.parked()).toEqual([]);
  }, DEADLINE);
  await back;
  await world.settled();
  expect(world.arrived('crm')).toEqual(['first', ...ids].toSorted());
}

const BOUND = { held: 4 };
/** Runs `work` in a process with a fault at each of its commands in turn, and sees others deliver all. */
async function strikeAtEach(
  hows: readonly Fault['how'][],
  prepare: () => Promise<World>,
  work: (look: () => Promise<unknown>) => Promise<unknown>,
) {
  const run = async (fault?: Fault) => {
    const world = await prepare();
    const place = mortal(world.access, world.rest, fault);
    const working = work(openParking(place, BOUND).look);
    await Promise.race([working, place.struck]);
    // Without a bound it brings back what is parked, although the output is away.
    await openParking(world, {}).look();
    if (fault?.how === 'stopped') {
      place.goOn();
      await working;
    }
    await expectAllOnce(world);
    if (fault?.how === 'stopped for long') {
      place.goOn();
      await working;
      await expectAllOnce(world);
    }
    return place.steps();
  };
  const steps = await run();
  const faults = Array.from({ length: steps }, (_, index) => hows.map((how) => ({ at: index + 1, how }))).flat();
  // Side by side: each mostly waits.
  await Promise.all(
    faults.map(async (fault) => {
      const name = `${fault.how} before command ${fault.at} of ${steps}`;
      await run(fault).catch((cause: unknown) => {
        throw new Error(name, { cause });
      });
    }),
  );
  return steps;
}

async function startParked(): Promise<World> {
  const world = await startAway();
  await openParking(world, BOUND).look();
  expect(await world.parked()).not.toEqual([]);
  return world;
}

describe('an output that is away', () => {
  it('has what is beyond its bound in the store, the newest first, and gets it back when it is up', async () => {
    const world = await startAway();
    const { look, events, logger } = openParking(world, BOUND);
    await look();
    const parked = await world.parked();
    // A probe may have taken a batch meanwhile.
    expect(parked).toEqual(ids.slice(-parked.length));
    expect(parked.length).toBeGreaterThan(2);
    expect((await readBacklog(world.access)).get('crm')?.held).toBeLessThanOrEqual(BOUND.held);
    expect(statesOf(events)).toEqual([`parked ${parked.length}`]);
    expect(logger.warn).toHaveBeenCalledTimes(1);
    await expectAllOnce(world);
  });

  it('gets each delivery once, wherever the parking process is killed or stands still', { timeout: 120_000 }, async () => {
    expect(await strikeAtEach(['killed', 'stopped'], startAway, (look) => look())).toBeGreaterThan(10);
  });

  it(
    'gets each delivery once, wherever the process that brings them back is killed or stands still',
    { timeout: 120_000 },
    async () => {
      const bringBack = async (look: () => Promise<unknown>) => {
        for (let looks = 0; looks < 3; looks += 1) await look();
      };
      const upAgain = async () => {
        const world = await startParked();
        world.down.clear();
        await vi.waitFor(() => expect(world.arrived('crm')).toContain(ids[0]), DEADLINE);
        return world;
      };
      expect(await strikeAtEach(['killed', 'stopped for long'], upAgain, bringBack)).toBeGreaterThan(10);
    },
  );
});
