import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callbackKey, shardOf } from '@ringback/contracts';
import { openHistory } from '@ringback/history';
import { createInstallation, interfaceSettings, postCallback, SAMPLE_ACCOUNT, startCluster, taskBody } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { printed, ringback } from './commands.ts';

const SHARDS = 3;
const SOON = { timeout: 60_000, interval: 50 };
const PHONE = '+1 202 555 0100';
const ids = (what: string) => Array.from({ length: 9 }, (_, number) => `${what}-${number}`);
const keyOf = (id: string) => callbackKey({ source: 'callbot', account: SAMPLE_ACCOUNT.uuid, id });
const shardsWith = (all: readonly string[]) => new Set(all.map((id) => shardOf(keyOf(id), SHARDS))).size;

/** With two primaries, and a history. */
async function setUp() {
  const set = await startCluster({ primaries: 2, replicas: false });
  const primaries = await Promise.all(Array.from({ length: SHARDS }, (_, shard) => set.primary(`{ringback:${shard}}:`)));
  expect(new Set(primaries).size).toBe(2);
  const folder = mkdtempSync(join(tmpdir(), 'ringback-cluster-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'history.sqlite');
  const redis = `${set.settings}, shards: ${SHARDS}`;
  const installation = await createInstallation({
    settings: (crmUrl) =>
      `${interfaceSettings({ crmUrl, prefix: 'ringback', redis })}\nhistory: { store: sqlite, path: ${path} }\n`,
  });
  const [ingress] = await Promise.all([installation.startIngress(), installation.startWorker()]);
  const store = await openHistory({ store: 'sqlite', path }, { folder });
  onTestFinished(() => store.close());
  const post = async (id: string, more: object) => {
    const body = taskBody({ taskStatus: 1, ...more });
    expect(await postCallback({ ingress: ingress.url, requestID: id, body })).toMatchObject({ status: 200 });
  };
  return { ...installation, store, post };
}

it('replay and forget reach what stands on every shard of a Redis Cluster', async () => {
  const { sink, env, store, post } = await setUp();
  const arrived = () => sink.requests.map(({ body }) => String(JSON.parse(String(body)).requestID)).toSorted();
  const [early, late] = [ids('early'), ids('late')];
  expect([shardsWith(early), shardsWith(late)]).toEqual([SHARDS, SHARDS]);

  await Promise.all(early.map((id, number) => post(id, { taskID: 'T1', note: number < 3 ? PHONE : 'nobody' })));
  await vi.waitFor(async () => expect(await store.count({ state: 'delivered' })).toBe(early.length), SOON);
  const replayed = await ringback(env, 'replay', '--task', 'T1', '--to', 'crm', '--yes', '--json');
  expect(replayed.code).toBe(0);
  expect(JSON.parse(replayed.out)).toMatchObject({ finished: true, callbacks: early.length, deliveries: { crm: early.length } });
  await vi.waitFor(() => expect(arrived()).toEqual([...early, ...early].toSorted()), SOON);

  await printed(env, 'outputs', 'pause', 'crm');
  await Promise.all(late.map((id) => post(id, { taskID: 'T2', note: PHONE })));
  await vi.waitFor(async () => expect(await store.count({ task: 'T2' })).toBe(late.length), SOON);
  const asked = await ringback(env, 'forget', '--phone', PHONE, '--yes', '--json');
  expect(asked).toMatchObject({ code: 0, err: '' });
  expect(await printed(env, 'search', '--text', '202 555', '--count')).toBe('0');
  await printed(env, 'outputs', 'resume', 'crm');
  await post('last', { taskID: 'T3' });
  await vi.waitFor(() => expect(arrived()).toContain('last'), SOON);
  expect(arrived().filter((id) => id.startsWith('late'))).toEqual([]);
}, 180_000);
