import { writeFile } from 'node:fs/promises';
import { startRedisServer, testRedis, createInstallation, interfaceSettings, postCallback, taskBody } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { printed } from './commands.ts';

const DEADLINE = { timeout: 30_000, interval: 50 };
const body = taskBody({ taskStatus: 1 });

it('while dispatching is paused callbacks are acked and wait, no worker takes itself for stuck, and then they go by the settings of the new worker', async () => {
  const { url, prefix } = testRedis();
  const settings = (crmUrl: string) => interfaceSettings({ crmUrl, prefix, worker: 'stuckAfter: 1s' });
  const { sink, env, startIngress, startWorker } = await createInstallation({ redisUrl: url, settings });
  const [ingress, old] = await Promise.all([startIngress(), startWorker()]);
  expect(await printed(env, 'dispatch', 'pause')).toContain('dispatching is paused');
  for (const requestID of ['one', 'two']) {
    expect((await postCallback({ ingress: ingress.url, requestID, body })).status).toBe(200);
  }
  await writeFile(env['RINGBACK_CONFIG'] ?? '', settings(`${sink.url}/elsewhere`));
  const worker = await startWorker();
  expect(await old.process.line('workers run different settings')).toMatchObject({
    code: 'RB_SETTINGS_DIFFER',
    older: [{ adds: [], removes: [], changes: ['secrets and URLs of all outputs together'] }],
  });
  // Far longer than `stuckAfter` has passed by now: it differs by a beat of 5 s.
  expect(await printed(env, 'outputs')).toMatch(
    /RB_SETTINGS_DIFFER: workers run different settings[\s\S]*changes secrets and URLs of all outputs together/,
  );
  expect(await old.process.stop()).toBe(0);
  expect(await worker.process.line('all processes of the worker run the same settings again')).toBeTruthy();
  expect(sink.requests).toEqual([]);
  expect(await worker.process.line('dispatching is paused; resume with: ringback dispatch resume')).toMatchObject({
    code: 'RB_DISPATCH_PAUSED',
  });
  const ready = await fetch(new URL('/readyz', worker.adminUrl));
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', dispatch: 'paused' }]);
  expect(await printed(env, 'outputs')).toMatch(/dispatching is paused: \d+ batch(es)? of callbacks waits?/);

  expect(await printed(env, 'dispatch', 'resume')).toContain('dispatching is running');
  await vi.waitFor(() => expect(sink.requests).toHaveLength(2), DEADLINE);
  expect(sink.requests.map(({ path }) => path)).toEqual(['/elsewhere/hook', '/elsewhere/hook']);
  const codes = [old, worker].flatMap(({ process }) => process.lines.map(({ code }) => code));
  expect(codes).not.toContain('RB_WORKER_STUCK');
}, 120_000);

it('what waits under another redis.prefix that no worker serves is said at start, with counts', async () => {
  const [{ url }, prefix] = [await startRedisServer(), 'before'];
  const install = (name: string) =>
    createInstallation({ redisUrl: url, settings: (crmUrl) => interfaceSettings({ crmUrl, prefix: name }) });
  const [before, after] = await Promise.all([install(prefix), install('after')]);
  const ingress = await before.startIngress();
  for (const requestID of ['one', 'two']) await postCallback({ ingress: ingress.url, requestID, body });
  await ingress.process.stop();
  const apps = await Promise.all([after.startIngress(), after.startWorker()]);
  const left = { prefix, callbacks: expect.any(Number), deliveries: 0, deadLetters: 0, quarantined: 0 };
  for (const { process } of apps) {
    expect(await process.line('something waits under another redis.prefix, and no worker serves it')).toMatchObject({
      code: 'RB_PREFIX_LEFT',
      level: 'warn',
      left: [left],
    });
  }
}, 180_000);
