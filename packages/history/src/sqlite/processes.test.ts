import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished, vi } from 'vitest';
import { contentOf, someOfAll } from '../store/test-suite-writing.ts';
import { MIGRATIONS } from './migrations.ts';
import { historyPath, open } from './test-sqlite.ts';

const urlOf = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);

/** Runs `work` in a process of its own, with what it may use. */
function inProcess(work: string): ChildProcess & { readonly lines: AsyncIterator<string> } {
  const program = `
    import { openSqliteStore } from ${urlOf('store.ts')};
    import { MIGRATIONS } from ${urlOf('migrations.ts')};
    ${work}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return Object.assign(child, { lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() });
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

const WRITE = `
  const portion = (name, i) => {
    const of = (id, j) => ({ key: id.padEnd(22, 'k'), receivedAt: 1e12 + i * 1000 + j });
    const callbacks = Array.from({ length: 100 }, (_, j) => ({
      ...of(name + '-' + i + '-' + j, j), id: name + '-' + i + '-' + j, source: 's', account: 'a', type: 't', time: 1, body: 'x'.repeat(600),
      batch: 'b', dispatchedAt: 2, settings: 'd', fate: { routes: [1], to: ['crm'] }, subjects: { task: 'T', order: name + i + j, orderFinished: true },
    }));
    const more = callbacks.map(({ key, receivedAt }) => ({ key, receivedAt, output: 'crm', at: 3 }));
    return {
      callbacks, deliveries: more.map((row) => ({ ...row, state: 'delivered' })),
      attempts: more.map((row) => ({ ...row, number: 1, ms: 1, outcome: 'delivered' })), repeats: [], refusals: [], actions: [], gaps: [],
    };
  };`;

it('holds whole writes only after a process was killed in the middle of one', async () => {
  const path = historyPath();
  const child = inProcess(`${WRITE}
    const store = openSqliteStore({ path: ${JSON.stringify(path)} });
    for (let i = 0; ; i++) { await store.write(portion('k', i)); console.log(i + 1); }`);
  let written = 0;
  while (written < 5) written = Number((await child.lines.next()).value);
  child.kill('SIGKILL');
  await ended(child);
  const store = open(path);
  const { callbacks, deliveries, attempts, bodies } = await store.status();
  expect(callbacks % 100).toBe(0);
  expect(callbacks).toBeGreaterThanOrEqual(100 * written);
  expect([deliveries, attempts, bodies]).toEqual([callbacks, callbacks, callbacks]);
  expect(await store.tasks(1)).toMatchObject([{ received: { orders: callbacks } }]);
  expect(await store.find({ id: 'k-4-99' }, { limit: 2 })).toHaveLength(1);
  expect(new DatabaseSync(path).prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
});

it('takes what two processes write at the same time, and makes the file once', async () => {
  const path = historyPath();
  const children = ['a', 'b', 'c'].map((name) =>
    inProcess(`${WRITE}
      const store = openSqliteStore({ path: ${JSON.stringify(path)} });
      for (let i = 0; i < 4; i++) { await store.write(portion('same', i)); await store.write(portion('${name}', i)); }
      await store.close();`),
  );
  expect(await Promise.all(children.map(ended))).toEqual([0, 0, 0]);
  const store = open(path);
  const count = 100 * 4 * 4;
  expect(await store.status()).toMatchObject({ callbacks: count, deliveries: count, attempts: count, bodies: count });
  expect(await store.tasks(9)).toMatchObject([{ received: { orders: count, ordersFinished: count } }]);
  expect(await store.count({ task: 'T', output: 'crm', type: 't' })).toBe(count);
});

it('is what it was after a process was killed in the middle of a migration, and the next one makes it', async () => {
  const path = historyPath();
  const before = open(path);
  await before.write(someOfAll());
  const content = await contentOf(before);
  await before.close();
  const slow = `CREATE TABLE more (x); INSERT INTO more WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT randomblob(1000) FROM c`;
  const child = inProcess(
    `openSqliteStore({ path: ${JSON.stringify(path)}, migrations: [...MIGRATIONS, ${JSON.stringify(slow)}] });`,
  );
  const log = `${path}-wal`;
  // Beyond SQLite's cache it writes to the log before it commits.
  await vi.waitFor(() => expect(existsSync(log) && statSync(log).size).toBeGreaterThan(2 ** 20), {
    timeout: 25_000,
    interval: 20,
  });
  child.kill('SIGKILL');
  await ended(child);
  const old = open(path);
  expect([(await old.status()).schemaVersion, await contentOf(old)]).toEqual([MIGRATIONS.length, content]);
  await old.close();
  const migrated = open(path, { migrations: [...MIGRATIONS, 'CREATE TABLE more (x)'] });
  expect([(await migrated.status()).schemaVersion, await contentOf(migrated)]).toEqual([MIGRATIONS.length + 1, content]);
});

it('is migrated once by processes that open it at the same time, one with an earlier schema', async () => {
  const path = historyPath();
  open(path);
  const children = ['a', 'b', 'c'].map(() =>
    inProcess(`const store = openSqliteStore({ path: ${JSON.stringify(path)}, migrations: [...MIGRATIONS, 'CREATE TABLE more (x)'] });
      console.log((await store.status()).schemaVersion);`),
  );
  const lines = await Promise.all(children.map(async (child) => (await child.lines.next()).value));
  expect(lines).toEqual(Array.from({ length: 3 }, () => String(MIGRATIONS.length + 1)));
});
