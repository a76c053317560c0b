import { groupCallbacks } from '@ringback/contracts';
import { readLately } from '@ringback/redis';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { HistoryEvent } from '../events.ts';
import { createHandOver } from './hand-over.ts';

const dispatched = (batch: string, body = '{}'): HistoryEvent => ({
  v: 1,
  kind: 'dispatched',
  batch,
  at: 1,
  settings: 's',
  groups: groupCallbacks([testCallback(`${batch}-1`, { body }), testCallback(`${batch}-2`, { body })]),
  fates: [{ routes: [1], to: ['crm'] }],
  fateOf: [0, 0],
});

function setUp(limit = 1_000_000) {
  const { url, prefix } = testRedis();
  const redis = new Redis(url);
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const bound = { most: limit };
  const history = createHandOver({ redis, prefix, most: () => bound.most, now: Date.now, logger });
  onTestFinished(() => {
    history.close();
    redis.disconnect();
  });
  const state = () => redis.hgetall(`${prefix}:history.state`);
  const batches = async () => {
    const entries = await redis.xrange(`${prefix}:history`, '-', '+');
    return entries.map(([, fields]) => (JSON.parse(fields[5] ?? '') as { batch: string }).batch);
  };
  return { ...history, redis, prefix, bound, state, batches, logger };
}

it('appends events in order, and counts their bytes', async () => {
  const { handOver, batches, state } = setUp();
  await handOver(dispatched('b1'));
  await handOver(dispatched('b2'));
  expect(await batches()).toEqual(['b1', 'b2']);
  expect(Number((await state())['bytes'])).toBe(2 * (JSON.stringify(dispatched('b1')).length + 128));
});

it('leaves out what is new beyond the bound, counts it and logs it once', async () => {
  const { handOver, giveWay, batches, state, redis, prefix, logger } = setUp(700);
  for (const batch of ['b1', 'b2', 'b3', 'b4']) await handOver(dispatched(batch));
  await giveWay();
  expect(await batches()).toEqual(['b1']);
  expect(await state()).toMatchObject({ callbacks: '6', attempts: '0', since: expect.any(String), until: expect.any(String) });
  expect(await readLately({ redis, prefix })).toEqual({ history: expect.any(Number), dropped: {} });
  expect(logger.warn.mock.calls).toEqual([[{ code: 'RB_HISTORY_GAP' }, expect.any(String)]]);
});

it('drops the oldest while Redis is short of memory', async () => {
  const { handOver, giveWay, bound, batches, state } = setUp();
  for (const batch of ['b1', 'b2', 'b3']) await handOver(dispatched(batch));
  bound.most = 700;
  await giveWay();
  expect(await batches()).toEqual(['b3']);
  expect(await state()).toMatchObject({ callbacks: '4' });
  bound.most = 0;
  await giveWay();
  expect([await batches(), await state()]).toMatchObject([[], { bytes: '0', callbacks: '6' }]);
});

it('never rejects, and tells Redis later what it could not take', async () => {
  const { handOver, giveWay, redis, prefix, state, logger } = setUp();
  await redis.set(`${prefix}:history`, 'not a stream');
  await handOver(dispatched('b1'));
  await redis.del(`${prefix}:history`);
  await giveWay();
  expect(await state()).toMatchObject({ callbacks: '2' });
  expect(logger.warn).toHaveBeenCalledTimes(1);
});

it('keeps what a person did where callbacks find no room', async () => {
  const { handOver, redis, prefix } = setUp(0);
  await handOver({ v: 1, kind: 'acted', id: 'a', at: 1, by: 'me@here', command: 'replay', facts: {} });
  await handOver(dispatched('b1'));
  expect(await redis.xlen(`${prefix}:history`)).toBe(1);
});

it('hears that writers made room, while it hands over nothing', async () => {
  const { handOver, redis, prefix, batches, state } = setUp(700);
  for (const batch of ['b1', 'b2']) await handOver(dispatched(batch));
  await redis.del(`${prefix}:history`, `${prefix}:history.state`);
  // What was left out has been told by now, and so has the room.
  await vi.waitFor(async () => expect(await state()).toMatchObject({ callbacks: '2' }), 10_000);
  await handOver(dispatched('b3'));
  expect(await batches()).toEqual(['b3']);
});
