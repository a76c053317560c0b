import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callbackKey } from '@ringback/contracts';
import { type CallbackRow, NO_ROWS, openHistory } from '@ringback/history';
import { testCallback } from '@ringback/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { follow } from './follow.ts';

function row(id: string, receivedAt: number): CallbackRow {
  const callback = testCallback(id, { receivedAt });
  const own = { key: callbackKey(callback), batch: 'b', dispatchedAt: receivedAt, settings: 'd', subjects: {} };
  return { ...callback, ...own, fate: { routes: [1], to: ['crm'] } };
}

async function testHistory() {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-follow-'));
  const history = await openHistory({ store: 'sqlite', path: 'history.sqlite' }, { folder });
  onTestFinished(async () => {
    await history.close();
    rmSync(folder, { recursive: true });
  });
  return history;
}

it('follows what is received from now on, each once, also what the history gets late', async () => {
  const history = await testHistory();
  const start = 1_000_000_000;
  await history.write({ ...NO_ROWS, callbacks: [row('before', start - 1)] });
  const rounds = [[row('b', start + 20)], [row('c', start + 30), row('a', start + 10)], []];
  const pause = async () => {
    const callbacks = rounds.shift();
    if (callbacks) await history.write({ ...NO_ROWS, callbacks });
    return callbacks !== undefined;
  };
  const seen: string[] = [];
  const shown = row('shown', start + 1);
  await history.write({ ...NO_ROWS, callbacks: [shown] });
  const away = [true];
  const options = { history, bodies: false, from: start, shown: [shown], now: () => start, pause };
  const patiently = <T>(ask: () => Promise<T>) => (away.shift() ? Promise.resolve(undefined) : ask());
  for await (const { id } of follow({}, { ...options, patiently })) seen.push(id);
  expect(seen).toEqual(['b', 'a', 'c']);
});

it('leaves nothing out after the history was away for longer than it lags', async () => {
  const history = await testHistory();
  const minute = 60_000;
  const start = 1_000_000_000;
  let at = start;
  const away = [false, true, false];
  const rounds = [[row('first', start + minute)], [row('meanwhile', start + 2 * minute)], []];
  const pause = async () => {
    const callbacks = rounds.shift();
    if (callbacks) await history.write({ ...NO_ROWS, callbacks });
    at += 20 * minute;
    return rounds.length > 0;
  };
  const patiently = <T>(ask: () => Promise<T>) => (away.shift() ? Promise.resolve(undefined) : ask());
  const seen: string[] = [];
  const options = { history, bodies: false, from: start, shown: [], now: () => at, pause, patiently };
  for await (const { id } of follow({}, options)) seen.push(id);
  expect(seen).toEqual(['first', 'meanwhile']);
});
