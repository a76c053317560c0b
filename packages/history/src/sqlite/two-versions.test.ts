import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { NO_ROWS } from '../store/rows.ts';
import { callbackRow } from '../store/test-rows.ts';
import { MIGRATIONS } from './migrations.ts';
import { openSqliteStore } from './store.ts';

const NEWER = [...MIGRATIONS, 'CREATE TABLE later (n INTEGER PRIMARY KEY) STRICT'];

it('while workers are replaced, an older version goes on with what a newer one has migrated, and cannot start anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'history.sqlite');
  const older = openSqliteStore({ path });
  onTestFinished(() => older.close());
  await older.write({ ...NO_ROWS, callbacks: [callbackRow('before')] });
  const newer = openSqliteStore({ path, migrations: NEWER });
  onTestFinished(() => newer.close());

  await older.write({ ...NO_ROWS, callbacks: [callbackRow('after')] });
  await newer.write({ ...NO_ROWS, callbacks: [callbackRow('newer')] });
  for (const store of [older, newer]) expect(await store.count({})).toBe(3);
  expect(await newer.status()).toMatchObject({ schemaVersion: NEWER.length });
  expect(() => openSqliteStore({ path })).toThrow(/newer Ringback/);
  // Nothing of it is lost for the newer one.
  expect(await newer.find({ id: 'before' }, { limit: 1 })).toMatchObject([{ id: 'before' }]);
});
