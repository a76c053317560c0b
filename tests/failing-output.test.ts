import { freePort, testRedis, createInstallation, interfaceSettings, postCallback, taskBody } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { undocumented } from './documented-lines.ts';
import { printed } from './commands.ts';

const READY = { settings: { path: expect.any(String), loadedAt: expect.any(String) }, notReady: [] };
const INGRESS = { app: 'ingress', state: { ...READY, totals: { acked: 1, refused: 0 } } };
const WORKER = { app: 'worker', state: { ...READY, totals: { dispatched: 1, delivered: 1 } } };
const SOON = { timeout: 60_000, interval: 500 };

it('while the breaker of an output is open, outputs and status say so, since when and why; the worker stays ready', async () => {
  const { url, prefix } = testRedis();
  const dead = `http://127.0.0.1:${await freePort()}`;
  const breaker = 'timeout: 5s\n    breaker: { failures: 1, cooldown: 1h, maxHold: 1h }';
  const { env, startIngress, startWorker } = await createInstallation({
    redisUrl: url,
    settings: (opsUrl) => interfaceSettings({ crmUrl: dead, opsUrl, prefix }).replace('timeout: 5s', breaker),
  });
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  expect(await postCallback({ ingress: ingress.url, requestID: 'one', body: taskBody() })).toMatchObject({ status: 200 });
  await worker.process.line('output paused after failures');
  await vi.waitFor(async () => {
    const shown = await printed(env, 'outputs');
    expect(shown).toMatch(/^crm +open /m);
    expect(shown).toMatch(/^ops +running /m);
    expect(shown).toMatch(/^crm is failing since \S+Z \(\d+[sm]\), at 1 of 1 worker: connection refused/m);
    expect(shown).toMatch(/^crm: its breaker is open, since \S+Z \(\d+[sm]\), at 1 of 1 worker$/m);
  }, SOON);
  await vi.waitFor(async () => {
    const status: unknown = JSON.parse(await printed(env, 'status', '--json'));
    expect(status).toMatchObject({
      conditions: [{ name: 'output-failing', subject: { kind: 'output', name: 'crm' }, since: expect.any(String) }],
      processes: [INGRESS, WORKER],
      dispatch: { state: 'running' },
      outputs: [
        { name: 'crm', state: 'open', lastFailed: { reason: 'connection refused' } },
        { name: 'ops', state: 'running', lastDelivered: expect.any(String) },
      ],
      missing: [],
    });
  }, SOON);
  expect((await fetch(new URL('/readyz', worker.adminUrl))).status).toBe(200);
  expect(undocumented([...ingress.process.lines, ...worker.process.lines])).toEqual([]);
}, 120_000);
