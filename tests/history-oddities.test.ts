import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInstallation, interfaceSettings, postCallback, printed, startApp, taskBody, testRedis } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';

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
  const count = async (...filters: string[]): Promise<unknown> =>
    JSON.parse(await ringback('search', ...filters, '--count', '--json'));
  return { ...installation, ringback, count };
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
  const { startIngress, startWorker, ringback, count } = await setUp();
  const [ingress] = await Promise.all([startIngress(), startWorker()]);
  for (const [requestID, body] of Object.entries(BODIES))
    expect(await postCallback({ ingress: ingress.url, requestID, body })).toMatchObject({ status: 200 });
  await vi.waitFor(async () => expect(await count('--state', 'delivered')).toEqual({ count: 6 }), DEADLINE);
  const traces = Object.entries(BODIES).map(async ([requestID, body]) => {
    // As from a clipboard.
    const { callback } = JSON.parse(await ringback('trace', ` "${requestID}",\n`, '--json'));
    expect({ id: callback.requestID, same: callback.body === body }).toEqual({ id: requestID, same: true });
  });
  await Promise.all(traces);
  const texts = ["'; DROP TABLE callbacks; --", '.*[a-z]+(%_)', '.*', 'a\\u0000b'];
  expect(await Promise.all(texts.map((text) => count('--text', text)))).toEqual(texts.map(() => ({ count: 1 })));
});

it('tells what became of callbacks of an ingress whose clock is three hours behind', async () => {
  const { env, sink, startIngress, startWorker, ringback, count } = await setUp();
  const clock = join(temporaryFolder(), 'clock.mjs');
  writeFileSync(clock, `const now = Date.now; Date.now = () => now() - ${3 * HOUR};`);
  const behind = startApp({ app: 'ingress', env: { ...env, NODE_OPTIONS: `--import=${clock}` } });
  const [ingress, line] = await Promise.all([startIngress(), behind.line('ingress is up'), startWorker()]);
  const post = (url: unknown, requestID: string) =>
    postCallback({ ingress: String(url), requestID, body: taskBody({ taskStatus: 1 }) });
  await post(ingress.url, 'now');
  await post(line['url'], 'before');
  await vi.waitFor(async () => expect(await count('--state', 'delivered')).toEqual({ count: 2 }), DEADLINE);
  // A duplicate that came earlier than what it repeats, by the clocks.
  await post(line['url'], 'now');
  const repeats = async () => {
    const { callback } = JSON.parse(await ringback('trace', 'now', '--json'));
    return callback.duplicates;
  };
  await vi.waitFor(async () => expect(await repeats()).toBe(1), DEADLINE);
  expect(await count('--since', '1h')).toEqual({ count: 1 });
  expect(sink.requests.filter(({ path }) => path === '/hook')).toHaveLength(2);
});
