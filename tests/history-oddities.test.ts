import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHistory } from '@ringback/history';
import { createInstallation, interfaceSettings, postCallback, startApp, taskBody, testRedis } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { printed } from './commands.ts';

const DEADLINE = { timeout: 60_000, interval: 200 };
const HOUR = 3_600_000;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function setUp() {
  const { url, prefix } = testRedis();
  const path = join(temporaryFolder(), 'history.sqlite');
  const settings = (crmUrl: string) => `${interfaceSettings({ crmUrl, prefix })}\nhistory: { store: sqlite, path: ${path} }\n`;
  const installation = await createInstallation({ redisUrl: url, settings });
  const ringback = (...args: string[]) => printed(installation.env, ...args);
  const open = async () => {
    const store = await openHistory({ store: 'sqlite', path }, { folder: '/' });
    onTestFinished(() => store.close());
    return store;
  };
  return { ...installation, ringback, open };
}

const BODIES: Readonly<Record<string, string>> = {
  sql: taskBody({ taskStatus: 1, note: "x'; DROP TABLE callbacks; --" }),
  pattern: taskBody({ taskStatus: 1, note: '^.*[a-z]+(%_)$' }),
  NUL: taskBody({ taskStatus: 1, note: 'a\u0000b' }),
  surrogate: taskBody({ taskStatus: 1, note: '\ud800' }),
  twice: taskBody({ taskStatus: 1 }).replace('"taskID"', '"note":"one","note":"other","taskID"'),
  large: taskBody({ taskStatus: 1, note: '牛'.repeat(300_000) }),
};

it('keeps odd bodies to the byte, and takes what is searched as it stands', async () => {
  const { startIngress, startWorker, ringback, open } = await setUp();
  const [ingress] = await Promise.all([startIngress(), startWorker()]);
  for (const [requestID, body] of Object.entries(BODIES))
    expect(await postCallback({ ingress: ingress.url, requestID, body })).toMatchObject({ status: 200 });
  const store = await open();
  await vi.waitFor(async () => expect(await store.count({ state: 'delivered' })).toBe(6), DEADLINE);
  const found = await store.find({}, { limit: 10, bodies: true });
  expect(found.filter(({ id, body }) => body === BODIES[id])).toHaveLength(6);
  for (const text of ["'; DROP TABLE callbacks; --", '.*'])
    expect(JSON.parse(await ringback('search', '--text', text, '--count', '--json'))).toEqual({ count: 1 });
  // As from a clipboard.
  const { callback } = JSON.parse(await ringback('trace', ' "NUL",\n', '--json'));
  expect(callback).toMatchObject({ requestID: 'NUL', body: BODIES['NUL'] });
});

it('tells what became of callbacks of an ingress whose clock is three hours behind', async () => {
  const { env, sink, startIngress, startWorker, open } = await setUp();
  const clock = join(temporaryFolder(), 'clock.mjs');
  writeFileSync(clock, `const now = Date.now; Date.now = () => now() - ${3 * HOUR};`);
  const behind = startApp({ app: 'ingress', env: { ...env, NODE_OPTIONS: `--import=${clock}` } });
  const [ingress, line] = await Promise.all([startIngress(), behind.line('ingress is up'), startWorker()]);
  const post = (url: unknown, requestID: string) =>
    postCallback({ ingress: String(url), requestID, body: taskBody({ taskStatus: 1 }) });
  await post(ingress.url, 'now');
  await post(line['url'], 'before');
  const store = await open();
  await vi.waitFor(async () => expect(await store.count({ state: 'delivered' })).toBe(2), DEADLINE);
  // A duplicate that came earlier than what it repeats, by the clocks.
  await post(line['url'], 'now');
  const repeats = async () => (await store.find({ id: 'now' }, { limit: 1 }))[0]?.repeats;
  await vi.waitFor(async () => expect(await repeats()).toEqual({ duplicates: 1, conflicts: 0 }), DEADLINE);
  expect(await store.count({ since: Date.now() - HOUR })).toBe(1);
  expect(sink.requests.filter(({ path }) => path === '/hook')).toHaveLength(2);
});
