import { closeSync, openSync } from 'node:fs';
import { RingbackError } from '@ringback/contracts';
import { createTcpProxy, freePort, startPostgresServer } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { NO_ROWS } from '../store/rows.ts';
import { callbackRow, callbackRows } from '../store/test-rows.ts';
import { admin, open, schemaOfTest } from './test-postgres.ts';

const PATIENCE = { connectMs: 3000, statementMs: 1000 };

/** The error of ours; it MUST NOT show what stands in the URL. */
async function failure(work: Promise<unknown>, url: string): Promise<RingbackError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RingbackError);
  const password = URL.parse(url)?.password;
  expect(JSON.stringify(error) + String(error) + String((error as Error).cause)).not.toContain(password || url);
  return error as RingbackError;
}

const rows = (...ids: string[]) => ({ ...NO_ROWS, callbacks: ids.map((id) => callbackRow(id)) });

it('says where it looked if the server is away at the start', async () => {
  const url = `postgres://me:secret-word@127.0.0.1:${await freePort()}/db`;
  const error = await failure(open({ url, schema: 'x' }), url);
  expect(error).toMatchObject({
    code: 'RB_HISTORY_UNAVAILABLE',
    message: expect.stringMatching(/127\.0\.0\.1:\d+\/db.*ECONNREFUSED/),
  });
});

it('goes on after the server was away under load, was read-only, and was a standby', async () => {
  const server = await startPostgresServer();
  const store = await open({ url: server.url, schema: 'ringback' }, { patience: PATIENCE });
  let written = 0;
  const load = (async () => {
    for (;;) await store.write(rows(`load-${(written += 1)}`));
  })();
  load.catch(() => {});
  await vi.waitFor(() => expect(written).toBeGreaterThan(5), { timeout: 20_000 });
  await server.kill();
  expect((await failure(load, server.url)).code).toBe('RB_HISTORY_UNAVAILABLE');
  await server.start(['default_transaction_read_only=on']);
  expect(await store.count({})).toBeGreaterThanOrEqual(written - 1);
  const refused = await failure(store.write(rows('a')), server.url);
  expect(refused).toMatchObject({ code: 'RB_HISTORY_UNAVAILABLE', message: expect.stringContaining('read-only') });
  expect((await failure(open({ url: server.url, schema: 'not_there' }), server.url)).code).toBe('RB_HISTORY_UNAVAILABLE');
  await server.stop();
  await server.start([]);
  await store.write(rows('a'));
  expect(await store.find({ id: 'a' }, { limit: 2 })).toHaveLength(1);
});

it('finds in a standby, and says that it is read-only', async () => {
  const server = await startPostgresServer();
  const store = await open({ url: server.url, schema: 'ringback' }, { patience: PATIENCE });
  await store.write(rows('a'));
  await server.stop();
  closeSync(openSync(`${server.dir}/standby.signal`, 'w'));
  await server.start();
  const reader = await open({ url: server.url, schema: 'ringback' });
  expect(await reader.find({ id: 'a' }, { limit: 2 })).toHaveLength(1);
  expect(await failure(reader.write(rows('b')), server.url)).toMatchObject({
    code: 'RB_HISTORY_UNAVAILABLE',
    message: expect.stringContaining('standby'),
  });
});

it('writes all or nothing if its session is ended meanwhile', async () => {
  const place = schemaOfTest();
  const store = await open(place);
  // Its day is there then.
  await store.write(rows('first'));
  const { sql, transaction } = admin(place.url);
  let writing: Promise<unknown> = Promise.resolve();
  await transaction(async (run) => {
    await run(`LOCK TABLE ${place.schema}.bodies`);
    writing = store.write({ ...NO_ROWS, callbacks: callbackRows(3), repeats: [{ ...callbackRow('r'), as: 'conflict' }] });
    writing.catch(() => {});
    const end = `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO%${place.schema}".bodies%'`;
    await vi.waitFor(async () => expect(await sql(end)).toEqual([{ ended: true }]), { timeout: 20_000, interval: 20 });
    expect((await failure(writing, place.url)).code).toBe('RB_HISTORY_UNAVAILABLE');
  });
  expect(await store.count({})).toBe(1);
  await store.write({ ...NO_ROWS, callbacks: callbackRows(3) });
  expect(await store.count({})).toBe(4);
});

it('gives up a lock that is held too long, and a server that does not answer at all', async () => {
  const place = schemaOfTest();
  const { port } = new URL(place.url);
  const proxy = await createTcpProxy({ port: Number(port) });
  onTestFinished(() => proxy.close());
  const url = new URL(place.url);
  url.port = String(proxy.port);
  const store = await open({ ...place, url: url.href }, { patience: PATIENCE });
  await store.write(NO_ROWS);
  await admin(place.url).transaction(async (run) => {
    await run(`LOCK TABLE ${place.schema}.bodies`);
    expect(await failure(store.write(rows('a')), place.url)).toMatchObject({
      code: 'RB_HISTORY_UNAVAILABLE',
      message: expect.stringContaining('did not answer in time'),
    });
  });
  proxy.drop();
  expect((await failure(store.count({}), place.url)).code).toBe('RB_HISTORY_UNAVAILABLE');
  await proxy.heal();
  await store.write(rows('a'));
});

it.each([
  ['53100', 'RB_HISTORY_UNAVAILABLE', 'disk is full'],
  ['53200', 'RB_HISTORY_UNAVAILABLE', 'short of memory'],
  ['58030', 'RB_HISTORY_UNAVAILABLE', 'disk fails'],
  ['XX001', 'RB_HISTORY_UNUSABLE', 'damaged'],
])('tells the error %s of the server in plain words', async (state, code, words) => {
  const place = schemaOfTest();
  const store = await open(place);
  const { sql } = admin(place.url);
  await sql(
    `CREATE FUNCTION ${place.schema}.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '${state}'; END $$`,
  );
  await sql(`CREATE TRIGGER fail BEFORE INSERT ON ${place.schema}.names EXECUTE FUNCTION ${place.schema}.fail()`);
  expect(await failure(store.write(rows('a')), place.url)).toMatchObject({ code, message: expect.stringContaining(words) });
});

it('says what is wrong with user, password, database and number of connections', async () => {
  const place = schemaOfTest();
  const role = `${place.schema}_role`;
  const { sql } = admin(place.url);
  await sql(`CREATE ROLE ${role} LOGIN PASSWORD 'pass-word' CONNECTION LIMIT 0`);
  onTestFinished(async () => {
    await sql(`DROP ROLE ${role}`);
  });
  const at = (change: (url: URL) => void) => {
    const url = new URL(place.url);
    change(url);
    return url.href;
  };
  const cases: [string, RegExp][] = [
    [at((url) => (url.password = 'wrong-word')), /refuses our user/],
    [at((url) => (url.pathname = '/none')), /no such database/],
    [at((url) => Object.assign(url, { username: role, password: 'pass-word' })), /no more connections/],
  ];
  for (const [url, words] of cases)
    expect(await failure(open({ ...place, url }), url)).toMatchObject({
      code: 'RB_HISTORY_UNAVAILABLE',
      message: expect.stringMatching(words),
    });
  expect(await failure(open({ ...place, url: 'postgres://a:secret@[/x' }), 'secret')).toMatchObject({
    code: 'RB_HISTORY_UNUSABLE',
  });
});

it('makes its tables anew if they were removed under it', async () => {
  const place = schemaOfTest();
  const store = await open(place);
  await store.write(rows('a'));
  await admin(place.url).sql(`DROP SCHEMA ${place.schema} CASCADE`);
  expect((await failure(store.write(rows('b')), place.url)).code).toBe('RB_HISTORY_UNAVAILABLE');
  await store.write(rows('b'));
  expect(await store.find({}, { limit: 2 })).toMatchObject([{ id: 'b', source: 'callbot', fate: { to: ['crm'] } }]);
});
