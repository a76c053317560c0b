import { callbackKey } from '@ringback/contracts';
import type { HistoryEvent } from '@ringback/history';
import { createLedger } from '@ringback/ledger';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { createHistoryEvents } from '../history/events.ts';
import { tellingEnded } from '../tell-ended.ts';
import type { WorkerTraces } from '../traces.ts';
import { createDied } from './died.ts';

const OUTCOMES = ['delivered', 'retrying', 'returned', 'dropped', undefined] as const;
const callbacks = OUTCOMES.map((outcome) => testCallback(`${outcome}`));
const keyOf = (id: string) => callbackKey(testCallback(id));

type Traced = Parameters<WorkerTraces['ended']>[0];

async function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const ledger = createLedger({ redis, prefix, window: 60_000 });
  const ended = OUTCOMES.flatMap((outcome) => (outcome === undefined ? [] : [{ batch: 'b', key: keyOf(outcome), outcome }]));
  await ledger.record('crm', ended);
  const events: HistoryEvent[] = [];
  const handOver = async (event: HistoryEvent) => void events.push(event);
  const history = createHistoryEvents({ handOver, settings: 's', answers: 0, now: () => 9 });
  const traced: unknown[] = [];
  const traces = { ended: ({ callback, ...rest }: Traced) => void traced.push([callback.id, rest]) };
  const tellEnded = tellingEnded({ history, traces });
  return { ledger, events, traced, tellEnded, redis };
}

const why = { batch: 'b', reason: 'RB_INTERNAL: broken', fault: 'ours', code: 'RB_INTERNAL' } as const;
const output = { name: 'crm' };

it('tells that those died which have not ended and have no job of their own', async () => {
  const { ledger, events, traced, tellEnded } = await setUp();
  const died = createDied({ output, ledger, tellEnded });
  await died?.({ ...why, callbacks, alone: false });
  await died?.({ ...why, callbacks, alone: true });
  const refs = (...ids: string[]) => ids.map((id) => ({ key: keyOf(id), receivedAt: testCallback(id).receivedAt, batch: 'b' }));
  const dead = { v: 1, kind: 'changed', output: 'crm', at: 9, state: 'dead', reason: why.reason, fault: 'ours' };
  expect(events).toEqual([
    { ...dead, deliveries: refs('returned', 'undefined') },
    { ...dead, deliveries: refs('retrying', 'returned', 'undefined') },
  ]);
  await died?.({ ...why, callbacks: [testCallback('delivered')], alone: true });
  expect(events).toHaveLength(2);
  const ended = { output: 'crm', batch: 'b', state: 'dead', code: 'RB_INTERNAL' };
  expect(traced).toEqual(['returned', 'undefined', 'retrying', 'returned', 'undefined'].map((id) => [id, ended]));
  // The span of the attempt that ended it says so.
  await died?.({ ...why, code: undefined, callbacks: [testCallback('undefined')], alone: true });
  expect([events.length, traced.length]).toEqual([3, 5]);
});

it('never rejects, and asks nothing if nobody wants to know', async () => {
  const { ledger, events, tellEnded, redis } = await setUp();
  expect(createDied({ output, ledger })).toBeUndefined();
  redis.disconnect();
  await createDied({ output, ledger, tellEnded })?.({ ...why, callbacks, alone: false });
  expect(events).toEqual([]);
});
