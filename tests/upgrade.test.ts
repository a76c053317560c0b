import { readFileSync, writeFileSync } from 'node:fs';
import { createSink, postCallback, printed, startApp, startRedisServer, taskBody, writeSettings } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { load } from './payloads/dump.ts';
import { deliveryOf, makePayloads, type Payloads } from './payloads/make.ts';
import { outputsOf, PREFIX, upgradeSettings } from './payloads/settings.ts';

const DEADLINE = { timeout: 60_000, interval: 50 };
const FILES = ['8b98bd0'];
const path = (name: string) => new URL(`payloads/${name}.json`, import.meta.url);

type Listed = { readonly output?: string; readonly callbacks: readonly { readonly requestID: string }[] };
const listed = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Listed);

const idsOf = ({ callbacks }: Listed) => callbacks.map(({ requestID }) => requestID);

/** Today's Ringback on what another one left in Redis. */
async function takeOver({ keys }: Payloads) {
  const server = await startRedisServer();
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  await load(redis, keys);
  const sink = await createSink();
  onTestFinished(() => sink.close());
  const settings = (further?: string) =>
    writeSettings(upgradeSettings({ url: sink.url, rate: '10ms', ...(further ? { further } : {}) }));
  const env = { REDIS_URL: server.url, RINGBACK_CONFIG: await settings() };
  const arrived = () => sink.requests.map(deliveryOf).toSorted();
  return { redis, sink, env, settings, arrived };
}

describe.each(FILES)('what %s left in Redis', (name) => {
  const payloads = JSON.parse(readFileSync(path(name), 'utf8')) as Payloads;

  it('is delivered, listed and replayed, and nothing twice', async () => {
    const { redis, env, settings, arrived } = await takeOver(payloads);
    const worker = startApp({ app: 'worker', env });
    await worker.line('worker is up');

    const dead = listed(await printed(env, 'dead-letters', 'list', '--json'));
    const beyond = dead.filter(({ output }) => output === 'bounded').flatMap(idsOf);
    expect(beyond.length).toBeGreaterThan(0);
    expect(dead.filter(({ output }) => output === 'refused')).toHaveLength(3);
    for (const output of ['erp', 'bounded']) await printed(env, 'outputs', 'resume', output);

    const wanted = Object.entries(payloads.acked).flatMap(([id, taskID]) => outputsOf(taskID).map((output) => `${output} ${id}`));
    const rests = new Set([...payloads.delivered, ...beyond.map((id) => `bounded ${id}`)]);
    const open = wanted.filter((delivery) => !rests.has(delivery) && !delivery.startsWith('refused '));
    await vi.waitFor(() => expect(arrived()).toEqual(open.toSorted()), DEADLINE);

    await printed(env, 'dead-letters', 'replay', '--yes');
    const all = wanted.filter((delivery) => !payloads.delivered.includes(delivery)).toSorted();
    await vi.waitFor(() => expect(arrived()).toEqual(all), DEADLINE);

    const kept = listed(await printed(env, 'quarantine', 'list', '--json'));
    expect(kept.flatMap(idsOf).toSorted()).toEqual(
      ['crm-erp-delivered-1', 'misfit-1', ...[1, 2, 3].map((n) => `nowhere-unrouted-${n}`)].toSorted(),
    );
    await worker.stop();
    const routed = { ...env, RINGBACK_CONFIG: await settings(`  - { when: 'data.taskID == "nowhere/unrouted"', to: [crm] }`) };
    startApp({ app: 'worker', env: routed });
    const ingress = startApp({ app: 'ingress', env: routed });
    await printed(routed, 'quarantine', 'replay', '--reason', 'RB_UNROUTED', '--yes');
    const url = String((await ingress.line('ingress is up'))['url']);
    // Known from then: no delivery of it may come before that of the new one.
    await postCallback({ ingress: url, requestID: 'crm-erp-delivered-2', body: taskBody({ taskID: 'crm+erp/delivered' }) });
    await postCallback({ ingress: url, requestID: 'fresh', body: taskBody({ taskID: 'erp/fresh' }) });
    const late = ['crm nowhere-unrouted-1', 'crm nowhere-unrouted-2', 'crm nowhere-unrouted-3', 'erp fresh'];
    await vi.waitFor(() => expect(arrived()).toEqual([...all, ...late].toSorted()), DEADLINE);

    const left = /:(active|wait|delayed|failed|held:.*|bodies:.*)$/;
    const leftOver = async () =>
      (await redis.keys(`${PREFIX}:*`)).filter((key) => left.test(key) && !key.includes(':quarantine:'));
    await vi.waitFor(async () => expect(await leftOver()).toEqual([]), DEADLINE);
  }, 180_000);
});

// RINGBACK_WRITE_PAYLOADS=<name> npm test -- tests/upgrade.test.ts: writes a further file, before a release.
it.runIf(process.env['RINGBACK_WRITE_PAYLOADS'])(
  'writes the payloads of today',
  async () => {
    const name = process.env['RINGBACK_WRITE_PAYLOADS'] ?? '';
    const root = new URL('..', import.meta.url).href;
    const text = JSON.stringify(await makePayloads(name), null, 2).replaceAll(root, 'file:///ringback/');
    writeFileSync(path(name), `${text}\n`);
    expect(Object.keys(JSON.parse(text) as Payloads)).toContain('keys');
  },
  180_000,
);
