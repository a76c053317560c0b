import { setTimeout as pause } from 'node:timers/promises';
import { startRedisServer, createInstallation, interfaceSettings, postCallback } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';

const SOON = { timeout: 60_000, interval: 50 };
const TROUBLE = /redis|queue|bodies/i;

it('an outage of Redis is a line when it begins and one when it is over, for each connection that tells of it', async () => {
  const redis = await startRedisServer({ appendfsync: 'everysec' });
  const { startIngress, startWorker, sink } = await createInstallation({
    redisUrl: redis.url,
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix: 'ringback' }),
  });
  const apps = await Promise.all([startIngress(), startWorker()]);
  const [ingress] = apps;
  const post = (requestID: string) => postCallback({ ingress: ingress.url, requestID });
  expect(await post('before')).toMatchObject({ status: 200 });
  await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(0), SOON);
  const from = apps.map(({ process }) => process.lines.length);
  await redis.kill();
  await pause(4500); // the outage itself
  for (let time = 0; time < 20; time += 1) expect(await post(`during ${time}`)).toMatchObject({ status: 503 });
  await redis.start();
  await vi.waitFor(async () => expect(await post('after')).toMatchObject({ status: 200 }), SOON);
  for (const { process } of apps) await process.line('redis is back');
  await pause(11_000); // what is over after 10 s is said by then
  const said = apps.map(({ process }, index) =>
    process.lines.slice(from[index]).flatMap(({ msg }) => (TROUBLE.test(String(msg)) ? [String(msg)] : [])),
  );
  // The ingress has two connections: one for callbacks, one for the quarantine.
  expect(said.map((messages) => messages.toSorted((a, b) => a.localeCompare(b)))).toEqual([
    ['redis is away', 'redis is away', 'redis is back', 'redis is back'],
    ['redis is away', 'redis is back'],
  ]);
  expect(apps.flatMap(({ process }) => process.output)).toEqual([]);
}, 120_000);
