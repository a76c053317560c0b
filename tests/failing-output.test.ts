import { freePort, testRedis, createInstallation, interfaceSettings, printed, postCallback, taskBody } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { undocumented } from './documented-lines.ts';

const SOON = { timeout: 60_000, interval: 500 };

it('while the breaker of an output is open, outputs says that it is failing, since when and why; the worker stays ready', async () => {
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
    expect(shown).toMatch(/^crm +failing /m);
    expect(shown).toMatch(/^ops +running /m);
    expect(shown).toMatch(/^crm is failing since \S+Z \(\d+[sm]\), at 1 of 1 worker: connection refused/m);
  }, SOON);
  expect((await fetch(new URL('/readyz', worker.adminUrl))).status).toBe(200);
  expect(undocumented([...ingress.process.lines, ...worker.process.lines])).toEqual([]);
}, 120_000);
