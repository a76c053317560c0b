import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished, vi } from 'vitest';
import { NO_ROWS } from '../store/rows.ts';
import { callbackRow } from '../store/test-rows.ts';
import { MIGRATIONS } from './migrate.ts';
import { admin, open, schemaOfTest } from './test-postgres.ts';

const NEXT = [...MIGRATIONS, (s: string) => `ALTER TABLE ${s}.gaps ADD COLUMN note text`];
const rows = { ...NO_ROWS, callbacks: [callbackRow('a')] };

it('is done once by all that come at the same time', async () => {
  const place = schemaOfTest();
  const stores = await Promise.all(Array.from({ length: 5 }, () => open(place)));
  await Promise.all(stores.map((store) => store.write(rows)));
  expect(await stores[0]?.status()).toMatchObject({ schemaVersion: MIGRATIONS.length, callbacks: 1 });
});

it('takes an older schema to the newest with its data, and refuses a newer one', async () => {
  const place = schemaOfTest();
  await (await open(place)).write(rows);
  const newer = await open(place, { migrations: NEXT });
  expect(await newer.status()).toMatchObject({ schemaVersion: MIGRATIONS.length + 1, callbacks: 1 });
  await expect(open(place)).rejects.toMatchObject({
    code: 'RB_HISTORY_UNUSABLE',
    message: expect.stringMatching(/newer Ringback made it \(schema 2, this one knows 1\)/),
  });
});

it('lets a writer of the older version go on, which is under way, while it is migrated', async () => {
  const place = schemaOfTest();
  const older = await open(place);
  const writing = Promise.all(['b', 'c', 'd'].map((id) => older.write({ ...NO_ROWS, callbacks: [callbackRow(id)] })));
  await open(place, { migrations: NEXT });
  await writing;
  expect(await older.count({})).toBe(3);
});

it('leaves nothing of itself if its process is killed in the middle', async () => {
  const place = schemaOfTest();
  const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `import { openPostgresStore } from ${module('store.ts')};
    import { MIGRATIONS } from ${module('migrate.ts')};
    await openPostgresStore({ url: { reveal: () => process.env.PLACE }, schema: '${place.schema}', keepDays: 30,
      wholeDays: { callbacks: false, bodies: false }, patience: { connectMs: 10000, statementMs: 3000 },
      migrations: [...MIGRATIONS, () => 'SELECT pg_sleep(60)'] });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, PLACE: place.url },
    stdio: 'inherit',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { sql } = admin(place.url);
  const sleeping = `SELECT 1 AS one FROM pg_locks WHERE locktype = 'advisory' AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = pg_locks.pid AND query = 'SELECT pg_sleep(60)')`;
  await vi.waitFor(async () => expect(await sql(sleeping)).toEqual([{ one: 1 }]), { timeout: 30_000, interval: 20 });
  child.kill('SIGKILL');
  await once(child, 'exit');
  // The server ends the statement of the dead process in time.
  await vi.waitFor(async () => expect(await sql(sleeping)).toEqual([]), { timeout: 30_000, interval: 20 });
  expect(await sql('SELECT to_regnamespace($1) AS schema', [place.schema])).toEqual([{ schema: null }]);
  const store = await open(place);
  await store.write(rows);
  expect(await store.status()).toMatchObject({ schemaVersion: MIGRATIONS.length, callbacks: 1 });
});

it('refuses a schema with tables of the same names that are not ours, and shares one with others', async () => {
  const place = schemaOfTest();
  const { sql } = admin(place.url);
  await sql(
    `CREATE SCHEMA ${place.schema}; CREATE TABLE ${place.schema}.callbacks (x int); CREATE TABLE ${place.schema}.others (x int)`,
  );
  await expect(open(place)).rejects.toMatchObject({
    code: 'RB_HISTORY_UNUSABLE',
    message: expect.stringContaining('not ours (callbacks): name another schema'),
  });
  await sql(`DROP TABLE ${place.schema}.callbacks`);
  await (await open(place)).write(rows);
});

it('takes a schema by any name', async () => {
  const place = { ...schemaOfTest(), schema: 'Select "me"$1' };
  const { sql } = admin(place.url);
  onTestFinished(async () => {
    await sql(`DROP SCHEMA "Select ""me""$1" CASCADE`);
  });
  const store = await open(place);
  await store.write(rows);
  expect(await store.find({ id: 'a' }, { limit: 2 })).toHaveLength(1);
});

it('says which right is missing, and works with it', async () => {
  const place = schemaOfTest();
  const { schema } = place;
  const role = `${schema}_role`;
  const { sql } = admin(place.url);
  await sql(`CREATE ROLE "${role}" LOGIN PASSWORD 'p'`);
  const url = Object.assign(new URL(place.url), { username: role, password: 'p' }).href;
  onTestFinished(async () => {
    await sql(`DROP OWNED BY "${role}"; DROP SCHEMA IF EXISTS ${schema} CASCADE; DROP ROLE "${role}"`);
  });
  const refused = (words: string) => ({ code: 'RB_HISTORY_UNUSABLE', message: expect.stringContaining(words) });
  await expect(open({ url, schema })).rejects.toMatchObject(refused(`GRANT CREATE ON DATABASE "postgres" TO "${role}"`));
  await open(place);
  await expect(open({ url, schema })).rejects.toMatchObject(refused(`GRANT USAGE, CREATE ON SCHEMA "${schema}" TO "${role}"`));
  await sql(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO "${role}"`);
  await expect(open({ url, schema })).rejects.toMatchObject(refused(`GRANT "postgres" TO "${role}"`));
  await sql(`DROP SCHEMA ${schema} CASCADE; CREATE SCHEMA ${schema} AUTHORIZATION "${role}"`);
  await (await open({ url, schema })).write(rows);
});
