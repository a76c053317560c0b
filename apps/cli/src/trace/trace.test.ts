import { writeFileSync } from 'node:fs';
import { placeOfKey } from '@ringback/contracts';
import { createHandOver, NO_ROWS } from '@ringback/history';
import { createLedger } from '@ringback/ledger';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { attemptRow, callbackRow, deliveryRow, T, withTestHistory } from '../search/test-history.ts';

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');
const jsonOf = (text: string): unknown[] => linesOf(text).map((line) => JSON.parse(line) as unknown);

const row = callbackRow('r-1', {
  subjects: { task: 't-7', order: 'o-8' },
  fate: { routes: [1], to: ['crm', 'log'] },
  body: '{"phone":"13800138000"}',
});

async function setUp() {
  const redis = testRedis();
  const opened = await withTestHistory(redis);
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  await opened.history.write({
    ...NO_ROWS,
    callbacks: [row],
    deliveries: [deliveryRow(row), deliveryRow(row, { output: 'log', state: 'waiting', at: T })],
    attempts: [
      attemptRow(row, { outcome: 'retry', status: 503, reason: 'HTTP 503', fault: 'theirs', nextAt: T + 1000 }),
      attemptRow(row, { number: 2, at: T + 1000, status: 200 }),
    ],
    repeats: [{ key: row.key, receivedAt: T + 5000, as: 'duplicate' }],
    actions: [
      { id: 'a1', at: T + 9000, by: 'ann@ops', command: 'dead-letters replay', facts: { output: 'crm' }, callbacks: [row] },
      {
        id: 'a2',
        at: T + 9500,
        by: 'ann@ops',
        command: 'replay',
        facts: { replay: 'p1', to: 'crm', newId: true },
        callbacks: [row],
      },
    ],
  });
  return { ...opened, redis: { client, prefix: redis.prefix } };
}

it('tells a callback by any id: what came, which routes matched, each attempt, who did what, and where it rests', async () => {
  const { cli, redis } = await setUp();
  const record = createLedger({ redis: redis.client, prefix: redis.prefix, window: 60_000 });
  await record.record('log', [{ batch: 'b1', key: row.key, outcome: 'delivered' }]);
  const told = await cli('trace', ' "r-1",');
  expect(linesOf(told.out)).toEqual([
    'callbot.task.completed  r-1',
    `  from        source callbot, account account, webhook-id msg_${row.key}`,
    '  received    2026-11-24T09:00:00.000Z, acked; batch b1, dispatched after 3 ms',
    '  about       task t-7, order o-8',
    '  again       1 duplicate, not delivered again',
    '  route 1     matches',
    '  crm         delivered 2026-11-24T09:00:00.100Z',
    '              1. 2026-11-24T09:00:00.050Z 20 ms retry: HTTP 503 (theirs), next 2026-11-24T09:00:01.000Z',
    '              2. 2026-11-24T09:00:01.000Z 20 ms delivered: HTTP 200',
    '  log         delivered',
    '  by hand     2026-11-24T09:00:09.000Z ann@ops: dead-letters replay (output: crm)',
    '  by hand     2026-11-24T09:00:09.500Z ann@ops: replay p1, to crm, under a new webhook-id',
    '  note        the routes have changed since: why the others did not match is not known',
  ]);
  for (const id of [`msg_${row.key}`, row.key, 't-7', 'o-8']) {
    const [story] = jsonOf((await cli('trace', id, '--json')).out);
    expect(story).toMatchObject({
      callback: {
        requestID: 'r-1',
        type: 'callbot.task.completed',
        source: 'callbot',
        account: 'account',
        receivedAt: '2026-11-24T09:00:00.000Z',
        body: '{"phone":"13800138000"}',
        duplicates: 1,
      },
      deliveries: [
        {
          output: 'crm',
          state: 'delivered',
          attempts: [
            { number: 1, at: '2026-11-24T09:00:00.050Z', ms: 20, outcome: 'retry', status: 503, reason: 'HTTP 503' },
            { number: 2, at: '2026-11-24T09:00:01.000Z', ms: 20, outcome: 'delivered', status: 200 },
          ],
        },
        { output: 'log', state: 'delivered', attempts: [] },
      ],
    });
  }
  expect(told.out).not.toContain('138');
});

it('knows what waits to be written, and the newest of several that an id names', async () => {
  const { cli, history, redis } = await setUp();
  const buffer = createHandOver({
    redis: redis.client,
    prefix: redis.prefix,
    most: () => 1_000_000,
    now: Date.now,
    logger: { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() },
  });
  onTestFinished(() => buffer.close());
  const { key, receivedAt } = row;
  const attempt = { key, receivedAt, batch: 'b1', number: 1, at: T + 3000, ms: 7, outcome: 'dead' as const, reason: 'HTTP 410' };
  await buffer.handOver({ v: 1, kind: 'attempted', output: 'log', attempts: [attempt] });
  const [story] = jsonOf((await cli('trace', 'r-1', '--json')).out);
  expect(story).toMatchObject({
    deliveries: [{}, { output: 'log', state: 'dead', attempts: [{ number: 1, reason: 'HTTP 410' }] }],
  });
  const later = ['r-2', 'r-3'].map((id, n) => callbackRow(id, { receivedAt: T + 1 + n, subjects: { task: 't-7' } }));
  await history.write({ ...NO_ROWS, callbacks: later });
  const { out, err } = await cli('trace', 't-7', '--json', '--limit', '2');
  expect(jsonOf(out)).toMatchObject([{ callback: { requestID: 'r-3' } }, { callback: { requestID: 'r-2' } }]);
  expect(err).toBe('… and more: these are the newest 2 (--limit)\n');
});

it('says what it looked at if it finds nothing, and works while Redis, or the history, is away', async () => {
  const { cli, cliAt, history, path } = await setUp();
  expect(await cli('trace', 'r-9')).toEqual({
    code: 1,
    out: '',
    err: `nothing was found under this id. Looked at:
  the history, by any id
  Redis, by requestID (of 1 accounts of the settings), webhook-id and key
  quarantine, by requestID
`,
  });
  const away = await cliAt('redis://127.0.0.1:1')('trace', 'r-1', '--json');
  expect(away).toMatchObject({ code: 0, err: expect.stringMatching(/^missing: Redis: .*cannot be reached/) });
  expect(jsonOf(away.out)).toMatchObject([
    {
      deliveries: [
        { output: 'crm', state: 'delivered' },
        { output: 'log', where: 'unknown' },
      ],
    },
  ]);
  await history.close();
  writeFileSync(path, 'no history');
  const without = await cli('trace', 'r-1');
  expect(without).toMatchObject({ code: 1, err: expect.stringMatching(/^missing: history: RB_HISTORY_/) });
});

it('says from when to when a delivery was parked, after it came back', async () => {
  const { cli, history } = await setUp();
  const change = { changed: true, output: 'log' } as const;
  await history.write({
    ...NO_ROWS,
    deliveries: [
      deliveryRow(row, { ...change, state: 'parked', at: T + 1000, parkedAt: T + 1000 }),
      deliveryRow(row, { ...change, state: 'waiting', at: T + 61_000, returnedAt: T + 61_000 }),
      deliveryRow(row, { output: 'log', at: T + 62_000 }),
    ],
  });
  const [told, json] = [await cli('trace', 'r-1'), await cli('trace', 'r-1', '--json')];
  expect(told.out).toContain('was parked from 2026-11-24T09:00:01.000Z to 2026-11-24T09:01:01.000Z');
  const parked = { from: '2026-11-24T09:00:01.000Z', to: '2026-11-24T09:01:01.000Z' };
  expect(jsonOf(json.out)).toMatchObject([
    { deliveries: expect.arrayContaining([expect.objectContaining({ output: 'log', wasParked: parked })]) },
  ]);
  await history.write({
    ...NO_ROWS,
    deliveries: [deliveryRow(row, { ...change, state: 'purged', at: T + 90_000, parkedAt: T + 80_000 })],
  });
  const purged = await cli('trace', 'r-1');
  expect(purged.out).toContain('was parked from 2026-11-24T09:01:20.000Z on; until when is not known');
  expect(purged.out).not.toContain('  trace ');
});

it('names the trace of a callback while something holds it', async () => {
  const { cli, history } = await setUp();
  const { key, id: requestID, source, account, type, receivedAt } = row;
  const callback = { ...row, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1' };
  const payload = JSON.stringify({ v: 1, batch: 'b1', from: 'b1', callback });
  const named = { key, place: placeOfKey(key), requestID, source, account, type, batch: 'b1', receivedAt };
  await history.rest.put([{ id: `b1.${key}.log`, kind: 'parked', output: 'log', ...named, at: T + 1000, payload }]);
  expect(linesOf((await cli('trace', 'r-1')).out)).toContain(`  trace       ${'a'.repeat(32)}`);
  const [story] = jsonOf((await cli('trace', 'r-1', '--json')).out);
  expect(story).toMatchObject({ callback: { trace: 'a'.repeat(32) } });
});
