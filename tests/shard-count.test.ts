import {
  createInstallation,
  interfaceSettings,
  postCallback,
  startApp,
  startCluster,
  taskBody,
  writeSettings,
} from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { ringback } from './commands.ts';

const SOON = { timeout: 30_000, interval: 50 };
const COUNT = '{ringback:0}:shards';
const refusal = (code: string) => ({ status: 503, body: { retMsg: expect.stringContaining(code) } });

it('refuses another number of shards at start and later, and says the way', async () => {
  const set = await startCluster();
  const settings = (shards: number) => (crmUrl: string) =>
    interfaceSettings({ crmUrl, prefix: 'ringback', redis: `${set.settings}, shards: ${shards}` });
  const { env, startIngress, startWorker, sink } = await createInstallation({ settings: settings(2) });
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  const post = () => postCallback({ ingress: ingress.url, requestID: 'one', body: taskBody({ taskStatus: 1 }) });
  await vi.waitFor(async () => expect(await post()).toMatchObject({ status: 200 }), SOON);
  const stored = async (...command: [string, ...string[]]) => set.ask(await set.primary(), ...command);
  expect(await stored('GET', COUNT)).toBe('2');

  const other = { RINGBACK_CONFIG: await writeSettings(settings(4)(sink.url)) };
  const told =
    /redis\.shards of the settings is 4, and Redis is used with 2 .*Set redis\.shards: 2; or .*ringback reshard --to 4/;
  for (const app of ['ingress', 'worker'] as const) {
    const wrong = startApp({ app, env: other });
    expect(await wrong.line(`${app} cannot run`)).toMatchObject({
      err: { code: 'RB_SHARDS_DIFFER', message: expect.stringMatching(told) },
    });
    expect(await wrong.exit).toBe(1);
  }
  for (const command of [['outputs'], ['dispatch'], ['dead-letters', 'list'], ['quarantine', 'list']])
    expect(await ringback(other, ...command)).toMatchObject({ code: 1, err: expect.stringMatching(told) });
  expect(await ringback(env, 'outputs')).toMatchObject({ code: 0 });

  // While the number is being changed, workers go on and nothing new is taken.
  await stored('SET', COUNT, '2>4');
  await vi.waitFor(async () => expect(await post()).toMatchObject(refusal('RB_RESHARDING')), SOON);
  expect(await (await fetch(`${ingress.adminUrl}/readyz`)).text()).toContain('RB_RESHARDING');
  await stored('SET', COUNT, '2');
  await vi.waitFor(async () => expect(await post()).toMatchObject({ status: 200 }), SOON);
  expect(worker.process.lines.filter(({ msg }) => msg === 'worker may not go on and stops')).toEqual([]);

  await stored('SET', COUNT, '4');
  expect(await worker.process.line('worker may not go on and stops')).toMatchObject({ code: 'RB_SHARDS_DIFFER' });
  expect(await worker.process.exit).toBe(1);
  await vi.waitFor(async () => expect(await post()).toMatchObject(refusal('RB_SHARDS_DIFFER')), SOON);
}, 120_000);
