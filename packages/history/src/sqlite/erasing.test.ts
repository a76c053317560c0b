import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { NO_ROWS } from '../store/rows.ts';
import type { HistoryStore } from '../store/store.ts';
import { attemptRow, callbackRow, deliveryRow, T } from '../store/test-rows.ts';
import { restEntry } from '../store/test-suite-rest.ts';
import { historyPath, open } from './test-sqlite.ts';

const PHONE = '+4917012345678';

/** How often the phone number is in any file of the history. */
function traces(path: string): number {
  const folder = dirname(path);
  const counts = readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString('latin1').split(PHONE).length - 1);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** One callback in 50 is about the phone number, everywhere where a sender can put it. The times are in no order, so pages split. */
function rowsOf(portion: number) {
  return Array.from({ length: 500 }, (_, i) => {
    const phone = i % 50 === 7 ? PHONE : `+49${(i * 7919) % 1000}${portion}`;
    return callbackRow(`${i % 3}${phone}-${portion}-${i}`, {
      receivedAt: T + ((i * 7919 + portion * 31) % 5000),
      body: `{"phone":"${phone}","pad":"${'x'.repeat((i * 37) % 900)}"}`,
      about: phone,
      subjects: {
        task: 'T1',
        order: `${i}${phone}-${portion}`,
        call: `c${i}${phone}`,
        ...(i % 100 === 7 && { progress: { state: phone } }),
      },
    });
  });
}

async function fill(store: HistoryStore): Promise<{ gone: ReturnType<typeof rowsOf>; rest: string[] }> {
  const gone = [];
  for (let portion = 0; portion < 4; portion++) {
    const callbacks = rowsOf(portion);
    const attempts = callbacks.map((row, i) => attemptRow(row, { answer: i % 50 === 7 ? `hello ${PHONE}` : 'ok' }));
    await store.write({ ...NO_ROWS, callbacks, attempts, deliveries: callbacks.map((row) => deliveryRow(row)) });
    gone.push(...callbacks.filter((_, i) => i % 50 === 7));
  }
  await store.rest.put([restEntry('stays'), restEntry('goes', { payload: `{"phone":"${PHONE}"}` })]);
  return { gone, rest: ['crm goes'] };
}

it('leaves no byte of what it forgot, in no file', async () => {
  const path = historyPath();
  const [store, other] = [open(path), open(path)];
  const { gone, rest } = await fill(store);
  await other.prune({ bodiesBefore: T + 500 });
  expect(traces(path)).toBeGreaterThan(40);
  expect(await store.forget({ refs: gone, rest })).toEqual({ callbacks: gone.length, resting: 1, erased: true });
  expect(traces(path)).toBe(0);
  expect(await other.count({})).toBe(2000 - gone.length);
  expect(await other.task('T1')).toMatchObject([{ received: { calls: 1960 }, history: [] }]);
});

it('says that traces are left while a reader holds the log, and removes them the next time', async () => {
  const path = historyPath();
  const store = open(path, { busyMs: 20 });
  const { gone, rest } = await fill(store);
  const reader = new DatabaseSync(path);
  reader.exec('BEGIN; SELECT count(*) FROM callbacks');
  expect(await store.forget({ refs: gone, rest })).toMatchObject({
    erased: false,
    how: expect.stringContaining('history prune'),
  });
  expect(traces(path)).toBeGreaterThan(0);
  reader.close();
  await store.prune({});
  expect(traces(path)).toBe(0);
});

it('gives room back to the disk when much was pruned', async () => {
  const path = historyPath();
  const store = open(path);
  await fill(store);
  const { bytes } = await store.status();
  await store.prune({ before: T + 4000 });
  expect((await store.status()).bytes).toBeLessThan(bytes / 2);
});
