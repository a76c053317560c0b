import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callbackKey } from '@ringback/contracts';
import { type CallbackRow, NO_ROWS, openHistory } from '@ringback/history';
import { createInstallation, interfaceSettings, startApp, testRedis } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ringback } from './commands.ts';

const DEADLINE = { timeout: 60_000, interval: 20 };
const COUNT = 300;
const T = Date.UTC(2026, 10, 24, 9);

function rowOf(i: number): CallbackRow {
  const identity = { id: `r-${i}`, source: 'callbot', account: 'main' };
  const times = { time: T, receivedAt: T + i, dispatchedAt: T + i };
  const fate = { routes: [1], to: ['crm'] };
  const rest = { key: callbackKey(identity), body: `{"n":${i}}`, batch: `b${i}`, settings: 'd', fate, subjects: {} };
  return { ...identity, type: 'callbot.order', ...times, ...rest };
}

async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-replay-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'history.sqlite');
  const store = await openHistory({ store: 'sqlite', path }, { folder });
  onTestFinished(() => store.close());
  const rows = Array.from({ length: COUNT }, (_, i) => rowOf(i));
  const deliveries = rows.map(({ key, receivedAt }) => ({ key, receivedAt, output: 'crm', state: 'delivered' as const, at: T }));
  await store.write({ ...NO_ROWS, callbacks: rows, deliveries });
  const { url, prefix } = testRedis();
  const settings = (crmUrl: string) =>
    `${interfaceSettings({ crmUrl, prefix })}\nhistory: { store: sqlite, path: ${path}, keep: 3650d, keepBodies: 3650d }\n`;
  return { store, rows, ...(await createInstallation({ redisUrl: url, settings })) };
}

it('a replay that is killed goes on under its id, and each callback is delivered once', async () => {
  const { store, rows, sink, env, startWorker } = await setUp();
  await startWorker();
  const args = ['replay', '--type', 'callbot.order', '--to', 'crm', '--replay-id', 'again', '--json'];
  const asked = await ringback(env, ...args);
  expect(asked).toMatchObject({ code: 1, err: expect.stringContaining('Say --yes') });
  expect(JSON.parse(asked.out)).toMatchObject({ dryRun: true, callbacks: COUNT, deliveries: { crm: COUNT } });

  const first = startApp({ app: 'cli', env, args: [...args, '--yes', '--rate', '40'] });
  await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(20), DEADLINE);
  await first.stop('SIGKILL');
  expect(sink.requests.length).toBeLessThan(COUNT);
  const second = await ringback(env, ...args, '--yes');
  expect(second).toMatchObject({ code: 0 });
  expect(JSON.parse(second.out)).toMatchObject({ replay: 'again', finished: true, deliveries: { crm: COUNT } });
  const idsOf = () => sink.requests.map(({ headers }) => headers['webhook-id']);
  await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThanOrEqual(COUNT), DEADLINE);
  const [story] = await vi.waitFor(async () => {
    const waiting = await store.count({ state: 'waiting' });
    expect(waiting).toBe(0);
    return store.stories(rows.slice(-1));
  }, DEADLINE);
  expect(idsOf()).toHaveLength(COUNT);
  expect(new Set(idsOf())).toEqual(new Set(rows.map(({ key }) => `msg_${key}`)));
  expect(story).toMatchObject({ actions: [{ command: 'replay', facts: { replay: 'again', to: 'crm' } }] });

  const one = ['replay', '--id', 'r-7', '--to', 'crm', '--new-id', '--replay-id', 'anew', '--json'];
  expect(await ringback(env, ...one)).toMatchObject({ code: 0 });
  await vi.waitFor(() => expect(idsOf().at(-1)).toBe(`msg_${rows[7]?.key}_anew`), DEADLINE);
  expect(idsOf()).toHaveLength(COUNT + 1);
}, 180_000);
