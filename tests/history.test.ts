import { join } from 'node:path';
import { type HistoryStore, openHistory } from '@ringback/history';
import { createInstallation, interfaceSettings, postCallback, taskBody, testRedis } from '@ringback/testkit';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished, vi } from 'vitest';

const DEADLINE = { timeout: 60_000, interval: 50 };

async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'history.sqlite');
  const { url, prefix } = testRedis();
  const settings = (crmUrl: string) => `${interfaceSettings({ crmUrl, prefix })}\nhistory: { store: sqlite, path: ${path} }\n`;
  const installation = await createInstallation({ redisUrl: url, settings });
  const open = async (): Promise<HistoryStore> => {
    const store = await openHistory({ store: 'sqlite', path }, { folder });
    onTestFinished(() => store.close());
    return store;
  };
  return { ...installation, open, path };
}

it('keeps what became of each callback', async () => {
  const { sink, startIngress, startWorker, open } = await setUp();
  sink.answer((count) => (count === 1 ? { status: 500, body: 'oops' } : { status: 200 }));
  const [ingress] = await Promise.all([startIngress(), startWorker()]);
  const body = taskBody({ taskStatus: 1 });
  const post = (requestID: string) => postCallback({ ingress: ingress.url, requestID, body });
  expect(await post('one')).toMatchObject({ status: 200 });
  const store = await open();
  await vi.waitFor(async () => {
    const found = await store.find({ id: 'one' }, { limit: 10, bodies: true });
    expect(found).toMatchObject([{ id: 'one', body, deliveries: [{ output: 'crm', state: 'delivered' }] }]);
  }, DEADLINE);
  await post('one');
  await vi.waitFor(async () => {
    const [found] = await store.find({ id: 'one' }, { limit: 10 });
    expect(found?.repeats).toEqual({ duplicates: 1, conflicts: 0 });
  }, DEADLINE);
  const refs = await store.find({ id: 'one' }, { limit: 10 });
  const [story] = await store.stories(refs);
  expect(story?.attempts).toMatchObject([
    { output: 'crm', number: 1, outcome: 'retry', status: 500, reason: 'HTTP 500', nextAt: expect.any(Number) },
    { output: 'crm', number: 2, outcome: 'delivered', status: 200 },
  ]);
  expect(story?.attempts[0]).not.toHaveProperty('answer', 'oops');
});

it('counts what the ingress refused, by source and code', async () => {
  const { startIngress, startWorker, open } = await setUp();
  const [ingress] = await Promise.all([startIngress(), startWorker()]);
  const [unsigned, unknown] = ['callbot', 'nowhere'].map((path) => `${ingress.url}/${path}`);
  for (const url of [unsigned, unsigned, unknown]) await fetch(String(url), { method: 'POST', body: '{}' });
  // The counts of a minute come when it is over, or when the ingress stops.
  await ingress.process.stop();
  const store = await open();
  await vi.waitFor(async () => {
    const rows = await store.refusals({ since: 0, until: Number.MAX_SAFE_INTEGER });
    const sums = new Map<string, number>();
    for (const { source, code, count } of rows) sums.set(`${source} ${code}`, (sums.get(`${source} ${code}`) ?? 0) + count);
    expect(Object.fromEntries(sums)).toEqual({ 'callbot RB_HEADER_MISSING': 2, 'undefined RB_PATH_UNKNOWN': 1 });
  }, DEADLINE);
});
