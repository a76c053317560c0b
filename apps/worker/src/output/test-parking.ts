import type { DeliverySettings, Logger } from '@ringback/contracts';
import { createParkOutput, type HistoryEvent, type ParkedOutput, type RestStore } from '@ringback/history';
import { type BacklogBound, createParking, NO_BACKLOG, readBacklog } from '@ringback/queue';
import { testCallback } from '@ringback/testkit';
import type { Redis } from 'ioredis';
import { expect, onTestFinished, vi } from 'vitest';
import { openTestHistory } from '../history/test-history.ts';
import { DEADLINE, startOutputs } from './test-outputs.ts';

const WINDOW_MS = 60_000;
const BATCHES = 4;
export const ids = Array.from({ length: 3 * BATCHES }, (_, index) => `r${String(index).padStart(2, '0')}`);
/** Three in each. */
const batches = Array.from({ length: BATCHES }, (_, index) => ids.slice(3 * index, 3 * index + 3));
export const callbackOf = (id: string) => testCallback(id, { receivedAt: 1000 + ids.indexOf(id) });

/** Killed before a command, or stopped there until another process has looked, or until all is delivered. */
export type Fault = { readonly at: number; readonly how: 'killed' | 'stopped' | 'stopped for long' };

/** A connection and a store of a process that has a fault at one of its commands, and how many it made. */
export function mortal({ redis: of, prefix }: { redis: Redis; prefix: string }, rest: RestStore, fault?: Fault) {
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
    replace: (entries) => step(() => rest.replace(entries)),
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

export type Place = { readonly access: { redis: Redis; prefix: string }; readonly rest: RestStore; readonly wake?: () => void };

const line = () => vi.fn<Logger['info']>();

export function openParking({ access, rest, wake = () => {} }: Place, bound: BacklogBound, place?: ParkedOutput['place']) {
  const events: HistoryEvent[] = [];
  const logger = { debug: line(), info: line(), warn: line(), error: line() };
  const parking = createParking({ ...access, window: WINDOW_MS });
  const memory = { tight: () => false, nearlyFull: () => false };
  const handOver = async (event: HistoryEvent) => void events.push(event);
  const deps = { ...access, parking, rest, memory, handOver, wake, now: Date.now, logger };
  const output = createParkOutput(deps, { output: 'crm', parks: true, bound: () => bound, place });
  onTestFinished(() => output.close().catch(() => {}));
  const look = async () => output.look((await readBacklog(access)).get('crm') ?? NO_BACKLOG);
  return { look, events, logger };
}

const breaker = { enabled: true, failures: 2, failingFor: 60_000, cooldown: 100, maxHold: 60_000 };

/** `crm` is away and holds four batches; `ops` has taken them. */
export async function startAway(crm: Partial<DeliverySettings> = {}) {
  const world = startOutputs({ crm: { breaker, ...crm } });
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

export const statesOf = (events: readonly HistoryEvent[]) =>
  events.flatMap((event) => (event.kind === 'changed' ? [`${event.state} ${event.deliveries.length}`] : []));
