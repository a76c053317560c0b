import { writeFile } from 'node:fs/promises';
import { createInstallation, interfaceSettings, testRedis } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';

const SOON = { timeout: 60_000, interval: 20 };

it('SIGUSR2 switches ingress and worker to debug and back, and a reload sets the level of the file', async () => {
  const { url: redisUrl, prefix } = testRedis();
  const settings = (crmUrl: string) => interfaceSettings({ crmUrl, prefix });
  const { sink, env, startWorker, startIngress } = await createInstallation({ redisUrl, settings });
  const apps = (await Promise.all([startIngress(), startWorker()])).map(({ process }) => process);
  const switched = async (...levels: string[]) => {
    for (const app of apps) app.signal('SIGUSR2');
    const told = () => apps.map(({ lines }) => lines.flatMap(({ logLevel }) => logLevel ?? []));
    await vi.waitFor(() => expect(told()).toEqual([levels, levels]), SOON);
  };
  await switched('debug');
  await switched('debug', 'info');
  await switched('debug', 'info', 'debug');
  const changed = interfaceSettings({ crmUrl: sink.url, prefix, ingress: 'maxInFlight: 500', worker: 'concurrency: 3' });
  await writeFile(String(env['RINGBACK_CONFIG']), changed);
  for (const app of apps) app.signal('SIGHUP');
  for (const app of apps) await app.line('settings reloaded');
  await switched('debug', 'info', 'debug', 'debug');
});
