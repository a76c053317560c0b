import { placeOfKey } from '@ringback/contracts';
import { type CallbackRow, NO_ROWS } from '@ringback/history';
import { createUnroutedQuarantine } from '@ringback/queue';
import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';
import { callbackRow, deliveryRow, T, withTestHistory } from './test-history.ts';

function parkedEntry({ key, id: requestID, source, account, type, batch, receivedAt }: CallbackRow, output: string) {
  const identity = { key, place: placeOfKey(key), requestID, source, account, type, batch, receivedAt, output };
  return { id: `${output}-${key}`, kind: 'parked' as const, ...identity, at: T + 200, reason: 'too much waits', payload: '{}' };
}

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');
const idsIn = (text: string) => linesOf(text).map((line) => /"requestID":"([^"]+)"/.exec(line)?.[1]);

async function setUp() {
  const redis = testRedis();
  const opened = await withTestHistory(redis);
  const rows = ['a', 'b', 'c'].map((id, n) => callbackRow(id, { receivedAt: T + n, body: `{"name":"50% off ${id}"}` }));
  const states = [{}, { state: 'dead', reason: 'HTTP 410: gone' }, { state: 'waiting' }] as const;
  const deliveries = rows.map((row, n) => deliveryRow(row, states[n]));
  await opened.history.write({ ...NO_ROWS, callbacks: rows, deliveries });
  return { ...opened, redis, rows };
}

describe('search', () => {
  it('shows a table without personal data, by pages, and nothing that does not fit', async () => {
    const { cli, rows } = await setUp();
    const [, b] = rows;
    const { out, err, code } = await cli('search', '--limit', '2');
    expect(linesOf(out)).toEqual([
      'RECEIVED                  TYPE                    SOURCE   REQUEST ID  AGAIN  WHERE IT IS',
      '2026-11-24T09:00:00.002Z  callbot.task.completed  callbot  c           -      crm waiting',
      '2026-11-24T09:00:00.001Z  callbot.task.completed  callbot  b           -      crm dead (HTTP 410: gone)',
    ]);
    expect({ err, code }).toEqual({ err: `… and more: --after ${T + 1}.${b?.key}\n`, code: 0 });
    expect(idsIn((await cli('search', '--json', '--after', `${T + 1}.${b?.key}`)).out)).toEqual(['a']);
    expect((await cli('search', '--text', 'nobody')).out).toBe('nothing fits\n');
  });

  it('takes every filter, and text as it stands', async () => {
    const { cli } = await setUp();
    const found = async (...args: string[]) => idsIn((await cli('search', '--json', ...args)).out);
    expect(await found('--text', '50% off')).toEqual(['c', 'b', 'a']);
    expect(await found('--text', '50.*off')).toEqual([]);
    expect(await found('--state', 'delivered')).toEqual(['a']);
    expect(await found('--output', 'log')).toEqual([]);
    expect(await found('--state', 'dead', '--reason', 'GONE')).toEqual(['b']);
    expect(
      await found('--type', 'callbot.*', '--since', '2026-11-24T09:00:00.001Z', '--until', '2026-11-24T09:00:00.002Z'),
    ).toEqual(['b']);
    expect(await found('--id', ' "a",')).toEqual(['a']);
    expect(await found('--source', 'other')).toEqual([]);
  });

  it('warns of names that neither the settings nor what is kept know', async () => {
    const { cli, history } = await setUp();
    const warned = async (...args: string[]) => (await cli('search', ...args)).err;
    expect(await cli('search', '--output', 'crmm')).toEqual({
      code: 0,
      out: 'nothing fits\n',
      err: 'warning: RB_OUTPUT_UNKNOWN: no output is called crmm; did you mean crm? Known: crm, log\n',
    });
    expect(await warned('--source', 'other')).toMatch(/^warning: no source is called other; /);
    expect(await warned('--type', 'calbot.*')).toBe('warning: no source of the settings gives a type that fits "calbot.*"\n');
    expect(await warned('--type', 'callbot.*', '--output', 'log', '--source', 'callbot')).toBe('');
    const removed = callbackRow('old');
    await history.write({ ...NO_ROWS, callbacks: [removed], deliveries: [deliveryRow(removed, { output: 'gone' })] });
    expect(await warned('--output', 'gone')).toBe('');
  });

  it('counts, and shows bodies only when asked', async () => {
    const { cli } = await setUp();
    expect((await cli('search', '--count', '--json')).out).toBe('{"count":3}\n');
    expect((await cli('search', '--count', '--state', 'waiting')).out).toBe('1\n');
    expect((await cli('search', '--json')).out).not.toContain('off');
    expect((await cli('search', '--json', '--bodies')).out).toContain('50% off a');
  });

  it('finds parked deliveries of which the history has no row, once', async () => {
    const { cli, history, rows } = await setUp();
    const [known] = rows;
    if (known === undefined) throw new Error('rows are missing');
    const parked = deliveryRow(known, { state: 'parked', at: T + 200 });
    await history.write({ ...NO_ROWS, deliveries: [parked] });
    const all = [known, callbackRow('p1', { receivedAt: T + 50, type: 'callbot.order' })];
    await history.rest.put(all.flatMap((row) => ['crm', 'log'].map((output) => parkedEntry(row, output))));
    expect(idsIn((await cli('search', '--state', 'parked', '--json')).out)).toEqual(['p1', 'a']);
    expect((await cli('search', '--state', 'parked', '--count')).out).toBe('2\n');
    expect((await cli('search', '--state', 'parked', '--type', 'callbot.order', '--count')).out).toBe('1\n');
    expect((await cli('search', '--state', 'parked', '--output', 'other', '--count')).out).toBe('0\n');
    await history.prune({ before: T + 1000 });
    expect((await cli('search', '--state', 'parked', '--count', '--json')).out).toBe('{"count":2}\n');
    expect((await cli('search', '--state', 'parked', '--limit', '1')).out).toContain('crm parked (too much waits)');
  });

  it('finds unrouted and dead ones that only Redis has, once, in order of time', async () => {
    const { cli, history, redis } = await setUp();
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    const known = callbackRow('u1', {
      receivedAt: T + 10,
      fate: { routes: [], to: [], unrouted: { code: 'RB_UNROUTED', reason: 'no' } },
    });
    await history.write({ ...NO_ROWS, callbacks: [known] });
    const bounds = { maxCount: 10, maxSize: 1_000_000 };
    const kept = (id: string, receivedAt: number) => ({
      v: 1 as const,
      id,
      source: known.source,
      account: known.account,
      type: known.type,
      time: 1,
      receivedAt,
      body: '{"a":1}',
      encoding: 'utf8' as const,
      reason: 'RB_UNROUTED: no route matches',
      code: 'RB_UNROUTED',
    });
    await createUnroutedQuarantine({ redis: client, prefix: redis.prefix, bounds }).keep([
      kept('u1', T + 10),
      kept('u2', T + 11),
    ]);
    const { out, code } = await cli('search', '--state', 'unrouted', '--json');
    expect({ ids: idsIn(out), code }).toEqual({ ids: ['u2', 'u1'], code: 0 });
    expect((await cli('search', '--state', 'unrouted', '--count')).out).toBe('2\n');
    expect(idsIn((await cli('search', '--state', 'unrouted', '--json', '--limit', '1')).out)).toEqual(['u2']);
    expect(idsIn((await cli('search', '--state', 'unrouted', '--json', '--text', '"a":1')).out)).toEqual(['u2', 'u1']);
    expect(idsIn((await cli('search', '--state', 'quarantined', '--json')).out)).toEqual([]);
  });
});

it('search says that the settings have no history', async () => {
  const settings = `
redis: { prefix: x }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [hush] }] }]
outputs: [{ name: crm, type: stdout }]
routes: [{ to: [crm] }]
`;
  const file = await testFile('ringback.yaml', settings);
  const { code, err } = await runCommand(['search', '--config', file], { REDIS_URL: testRedis().url });
  expect({ code, err }).toEqual({
    code: 1,
    err: 'RB_HISTORY_OFF: the settings have no history: nothing is kept of what passed\n',
  });
});
