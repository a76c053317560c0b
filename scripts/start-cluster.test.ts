import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSink, interfaceSettings, postCallback, startCluster } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createCheckout } from './test-checkout.ts';

const SOON = { timeout: 60_000, interval: 50 };

it('npm start runs on the Redis Cluster that the settings name, and starts no Redis of its own', async () => {
  const set = await startCluster({ primaries: 2, replicas: false });
  const sink = await createSink();
  onTestFinished(() => sink.close());
  const made = await createCheckout();
  // The real apps, with what they need.
  for (const name of ['node_modules', 'apps'])
    symlinkSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), join(made.root, name));
  await made.write('ringback.yaml', interfaceSettings({ crmUrl: sink.url, prefix: 'ringback', redis: set.settings }));

  const running = made.run(['scripts/start.ts']);
  await vi.waitFor(() => expect(running.stdout() + running.stderr()).toContain('Everything is up'), SOON);
  expect(running.stdout()).toContain('redis    is the one that the settings name');
  const url = /^ingress {2}is up at (\S+),/m.exec(running.stdout())?.[1] ?? '';
  await vi.waitFor(
    async () => expect(await postCallback({ ingress: url, requestID: 'one' })).toMatchObject({ status: 200 }),
    SOON,
  );
  await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(0), SOON);
  running.child.kill('SIGTERM');
  expect(await running.ended).toEqual({ code: 0, signal: null });
  expect(existsSync(join(made.root, '.ringback'))).toBe(false);
}, 120_000);
