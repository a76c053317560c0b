import { callbackKey, placeOfKey } from '@ringback/contracts';
import { readBacklog } from '@ringback/queue';
import pLimit from 'p-limit';
import { describe, expect, it, vi } from 'vitest';
import { DEADLINE } from './test-outputs.ts';
import { callbackOf, type Fault, ids, mortal, openParking, type Place, startAway, statesOf } from './test-parking.ts';

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
  // Side by side, since each mostly waits. All at once would take the time from each other's locks.
  const limit = pLimit(8);
  await limit.map(faults, async (fault) => {
    const name = `${fault.how} before command ${fault.at} of ${steps}`;
    await run(fault).catch((cause: unknown) => {
      throw new Error(name, { cause });
    });
  });
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

  it('has parked deliveries come back one by one if it has a rate limit', async () => {
    const world = await startAway({ rateLimit: { max: 100, per: 100 } });
    await openParking(world, BOUND).look();
    expect((await world.parked()).length).toBeGreaterThan(0);
    await expectAllOnce(world);
  });

  it('gets nothing back while it is paused', async () => {
    const world = await startParked();
    const parked = await world.parked();
    await world.queue('crm').pause();
    await openParking(world, {}).look();
    expect(await world.parked()).toEqual(parked);
    await world.queue('crm').resume();
    await expectAllOnce(world);
  });

  it('gets back in a shard what belongs to the shard', async () => {
    const world = await startParked();
    const parked = await world.parked();
    const lookIn = (number: number) => openParking(world, {}, { number, of: 2 }).look();
    await lookIn(0);
    const left = await world.parked();
    expect(left.map((id) => placeOfKey(callbackKey(callbackOf(id))) % 2)).toEqual(left.map(() => 1));
    await lookIn(1);
    expect(await world.parked()).toEqual([]);
    expect(parked.length).toBeGreaterThan(0);
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
