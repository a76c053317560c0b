import { callbackKey, placeOfKey } from '@ringback/contracts';
import type { RestEntry } from '@ringback/history';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withTestHistory } from '../search/test-history.ts';

const AGO_MS = 3 * 3_600_000;

function parked(output: string, id: string): RestEntry {
  const callback = testCallback(id, { receivedAt: Date.now() - AGO_MS });
  const key = callbackKey(callback);
  const { source, account, type, receivedAt } = callback;
  const payload = JSON.stringify({ v: 1, batch: 'b1', from: 'b1', callback });
  const identity = { key, place: placeOfKey(key), requestID: id, source, account, type, batch: 'b1', receivedAt };
  return { id: `b1.${key}.${output}`, kind: 'parked', output, ...identity, at: Date.now(), payload };
}

async function setUp() {
  const place = testRedis();
  const redis = new Redis(place.url);
  onTestFinished(() => redis.disconnect());
  const { history, cli, path } = await withTestHistory(place);
  await redis.sadd(`${place.prefix}:outputs`, 'crm', 'log', 'old');
  await history.rest.put([parked('crm', 'x'), parked('crm', 'y'), parked('old', 'z')]);
  return { history, path, outputs: (...args: string[]) => cli('outputs', ...args) };
}

describe('outputs, with a history', () => {
  it('shows what is parked, of removed outputs too', async () => {
    const { outputs } = await setUp();
    const { code, out } = await outputs();
    const rows = out.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows[0]?.slice(-3)).toEqual(['dropped', 'parked', 'oldest']);
    expect(rows.slice(1, 4).map((row) => [row[0], row[1], ...row.slice(-2)])).toEqual([
      ['crm', 'no worker', '2', '3h'],
      ['log', 'no worker', '0', '-'],
      ['old', 'removed', '1', '3h'],
    ]);
    expect(code).toBe(0);
  });

  it('moves and purges what is parked for a removed one', async () => {
    const { outputs, history } = await setUp();
    expect((await outputs('move', 'old', 'crm')).err).toMatch(/and 1 that are parked would be moved from old to crm/);
    expect((await outputs('move', 'old', 'crm', '--yes')).out).toBe('moved 1 deliveries from old to crm\n');
    const rest = await history.rest.oldest({ kind: 'parked', output: 'crm' }, 10);
    expect(rest.map(({ id }) => id)).toContain(parked('crm', 'z').id);
    await history.rest.put([parked('old', 'w')]);
    expect((await outputs('purge', 'old', '--yes')).code).toBe(0);
    expect(await history.rest.counts()).toMatchObject([{ kind: 'parked', output: 'crm', count: 3 }]);
  });

  it('says that the history does not answer, and shows the rest', async () => {
    const { outputs, history, path } = await setUp();
    await history.close();
    await writeFile(path, 'not a history');
    const { code, out, err } = await outputs();
    expect(out).toMatch(/^output .* oldest\ncrm /);
    expect(err).toMatch(/^left out: history: RB_HISTORY_/);
    expect(code).toBe(1);
    expect(await outputs('purge', 'old', '--yes')).toMatchObject({ code: 1, err: expect.stringMatching(/^RB_HISTORY_/) });
  });
});
