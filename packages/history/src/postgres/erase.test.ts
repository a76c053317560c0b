import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgresServer } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { NO_ROWS } from '../store/rows.ts';
import { callbackRow, callbackRows } from '../store/test-rows.ts';
import { admin, open } from './test-postgres.ts';

const PHONE = '+4915199887766';

/** Without the log, which archives and backups have as well. */
function isOnDisk(folder: string, text: string): boolean {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .some((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

it('removes rows at once, and says what takes their bytes off the disk', async () => {
  const server = await startPostgresServer();
  const base = join(server.dir, 'base');
  const store = await open({ url: server.url, schema: 'ringback' });
  const person = callbackRow(`call-${PHONE}`, { body: `{"phone":"${PHONE}"}`, subjects: { task: 't', order: PHONE } });
  await store.write({ ...NO_ROWS, callbacks: [...callbackRows(5), person] });
  const { sql } = admin(server.url);
  await sql('CHECKPOINT');
  expect(isOnDisk(base, PHONE)).toBe(true);
  const { how = '', ...forgotten } = await store.forget({ refs: [person], rest: [] });
  expect(forgotten).toEqual({ callbacks: 1, resting: 0, erased: false });
  expect(await store.find({ text: PHONE }, { limit: 1 })).toEqual([]);
  await sql('CHECKPOINT');
  expect(isOnDisk(base, PHONE)).toBe(true);
  const [statement = ''] = how.split(';');
  await sql(statement);
  await sql('CHECKPOINT');
  expect(isOnDisk(base, PHONE)).toBe(false);
  expect(await store.count({})).toBe(5);
});
