import { callbackKey } from '@ringback/contracts';
import type { HistoryEvent } from '@ringback/history';
import { createLedger } from '@ringback/ledger';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { createHistoryEvents } from '../history/events.ts';
import { createDied } from './died.ts';

const OUTCOMES = ['delivered', 'retrying', 'returned', 'dropped', undefined] as const;
const callbacks = OUTCOMES.map((outcome) => testCallback(`${outcome}`));
const keyOf = (id: string) => callbackKey(testCallback(id));

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
  return { ledger, events, history, redis };
}

const why = { batch: 'b', reason: 'RB_INTERNAL: broken', fault: 'ours' } as const;
const output = { name: 'crm' };

it('tells that those died which have not ended and have no job of their own', async () => {
  const { ledger, events, history } = await setUp();
  const died = createDied({ output, ledger, history });
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
});

it('never rejects, and asks nothing without a history', async () => {
  const { ledger, events, history, redis } = await setUp();
  expect(createDied({ output, ledger })).toBeUndefined();
  redis.disconnect();
  await createDied({ output, ledger, history })?.({ ...why, callbacks, alone: false });
  expect(events).toEqual([]);
});
