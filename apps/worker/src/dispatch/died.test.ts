import { type Callback, callbackKey, groupCallbacks } from '@ringback/contracts';
import type { HistoryEvent } from '@ringback/history';
import { createLedger } from '@ringback/ledger';
import { consumeCallbacks, createBodies, createDeliveryProducer, HandBack, type TakenBatch } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createHistoryEvents } from '../history/events.ts';
import { tellingEnded } from '../tell-ended.ts';
import type { WorkerTraces } from '../traces.ts';
import { tellingDied } from './died.ts';

const DEADLINE = { timeout: 20_000, interval: 10 };
const retry = { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 };
const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

type Traced = Parameters<WorkerTraces['ended']>[0];

function setUp(failure: Error = new Error('broken')) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const access = { redis, prefix };
  const ledger = createLedger({ ...access, window: 60_000 });
  const producer = createDeliveryProducer({ ...access, output: 'crm', delivery: { retry }, nearlyFull: () => false });
  onTestFinished(async () => {
    await producer.close();
    redis.disconnect();
  });
  const events: HistoryEvent[] = [];
  const handOver = async (event: HistoryEvent) => void events.push(event);
  const history = createHistoryEvents({ handOver, settings: 's', answers: 0, now: () => 9 });
  const traced: unknown[] = [];
  const traces = { ended: ({ callback, ...ended }: Traced) => void traced.push([callback.id, ended]) };
  const tellEnded = tellingEnded({ history, traces });
  const broken = async () => {
    throw failure;
  };
  const fanOut = tellingDied(broken, { tellEnded, placeOf: () => ({ ledger, access }) });
  return { access, ledger, producer, bodies: createBodies(access), events, traced, fanOut };
}

const named = ['delivered', 'retrying', 'parked', 'together', 'alone', 'held', 'part', 'lost'] as const;
const of = (id: (typeof named)[number]): Callback => testCallback(id);
const all = named.map(of);
const dead = { v: 1, kind: 'changed', output: 'crm', at: 9, state: 'dead', reason: 'RB_INTERNAL: broken', fault: 'ours' };
const refOf = (callback: Callback) => ({ key: callbackKey(callback), receivedAt: callback.receivedAt, batch: 'b' });

it('tells of those alone that died which have no outcome and stand nowhere', async () => {
  const { ledger, producer, bodies, events, traced, fanOut } = setUp();
  const ended = (['delivered', 'retrying', 'parked'] as const).map((outcome) => ({
    batch: 'b',
    key: callbackKey(of(outcome)),
    outcome,
  }));
  await ledger.record('crm', ended);
  await producer.addBatch({ id: 'b', callbacks: [of('together')], again: false });
  const spent = { attempts: 0, uncounted: 1, failingSince: 1000 };
  await producer.addFailed({ batch: 'b', callback: of('alone'), outcome: 'retry', spent, waitMs: 60_000, fault: 'theirs' });
  const common = { batch: 'b', again: true, compact: true };
  const share = (callback: Callback, state: 'held' | 'queued') =>
    [{ output: 'crm', callbacks: [callback], state, beyond: 'held' }] as const;
  await bodies.store({ ...common, id: 'b.one', shares: share(of('held'), 'held') });
  await bodies.store({ ...common, id: 'b.two', shares: share(of('part'), 'queued') });
  await producer.addReferences(['b.two']);

  const run = { id: 'b', again: true, since: 1 };
  await expect(fanOut({ ...run, last: true }, new Map([['crm', all]]))).rejects.toThrow('broken');
  await vi.waitFor(() => expect(events).toEqual([{ ...dead, deliveries: [refOf(of('lost'))] }]), DEADLINE);
  expect(traced).toEqual([['lost', { output: 'crm', batch: 'b', state: 'dead', code: 'RB_INTERNAL' }]]);
});

it.each([
  ['a run that is not the last', new Error('broken'), undefined],
  ['a hand-back', new HandBack(), true as const],
])('tells nothing after %s', async (_, failure, last) => {
  const { events, traced, fanOut, ledger } = setUp(failure);
  await expect(fanOut({ id: 'b', again: false, last }, new Map([['crm', all]]))).rejects.toBe(failure);
  await ledger.outcomes({ batch: 'b', output: 'crm' }, ['x']);
  expect([events, traced]).toEqual([[], []]);
});

it('knows the last run of a batch, and does not hold it up', async () => {
  const { access, events, fanOut } = setUp();
  const runs: (true | undefined)[] = [];
  const dispatch = async ({ id, callbacks, last }: TakenBatch) => {
    runs.push(last);
    await fanOut({ id, again: runs.length > 1, last }, new Map([['crm', callbacks]]));
  };
  const consumer = consumeCallbacks({ ...access, concurrency: 1, lockDuration: 2000, dispatch, logger });
  const queue = new Queue('callbacks', { connection: access.redis, prefix: access.prefix });
  onTestFinished(async () => {
    await consumer.close(5000);
    await queue.close();
  });
  await queue.add('batch', { v: 1, groups: groupCallbacks([of('lost')]) }, { jobId: 'b', attempts: 2 });
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), DEADLINE);
  expect(runs).toEqual([undefined, true]);
  await vi.waitFor(() => expect(events).toEqual([{ ...dead, deliveries: [refOf(of('lost'))] }]), DEADLINE);
});
