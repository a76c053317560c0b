import { setTimeout as pause } from 'node:timers/promises';
import { startRedisServer, createInstallation, interfaceSettings, postCallback } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { undocumented } from './documented-lines.ts';

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
  let refusals = 0;
  const post = async (requestID: string) => {
    const answer = await postCallback({ ingress: ingress.url, requestID });
    if (answer.status === 503) refusals += 1;
    return answer;
  };
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

  // Of the refusals, the first ones have a line of their own. The rest is one number, here at the end.
  await ingress.process.stop();
  const refused = ingress.process.lines.filter(({ msg }) => msg === 'callback refused');
  expect(refused.every(({ code }) => code === 'RB_QUEUE_UNAVAILABLE')).toBe(true);
  expect(refused).toHaveLength(10);
  const [sum, ...more] = ingress.process.lines.filter(({ msg }) => msg === 'more callbacks were refused');
  expect(sum).toMatchObject({ level: 'warn', source: 'callbot', code: 'RB_QUEUE_UNAVAILABLE', repeated: refusals - 10 });
  expect(more).toEqual([]);
  expect(undocumented(apps.flatMap(({ process }) => process.lines))).toEqual([]);
}, 120_000);
