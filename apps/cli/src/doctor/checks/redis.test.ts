import { noteOutputs } from '@ringback/queue';
import { createSink, type PrivateRedisOptions, startRedisServer } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { doctor, settingsWith } from '../test-doctor.ts';

async function start(options: PrivateRedisOptions) {
  const server = await startRedisServer(options);
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  return { server, redis, env: { REDIS_URL: server.url } };
}

it('finds nothing wrong where nothing is', async () => {
  const { env } = await start({ appendfsync: 'everysec', settings: ['--maxmemory', '200mb'] });
  const sink = await createSink();
  onTestFinished(() => sink.close());
  const file = await settingsWith({
    redis: '{ durability: everysec }',
    outputs: `[{ name: crm, type: webhook, url: '${sink.url}' }]`,
  });
  const { findings, code } = await doctor(file, ['--only', 'settings,redis,outputs,history,files,ports', '--strict'], env);
  expect(findings.filter(({ severity }) => severity === 'error' || severity === 'warning')).toEqual([]);
  expect(code).toBe(0);
  expect(sink.requests).toEqual([]);
});

it('finds a Redis that throws away, keeps nothing and has no bound, with the commands that mend it', async () => {
  const { env } = await start({ settings: ['--maxmemory-policy', 'allkeys-lru'] });
  const file = await settingsWith({ redis: '{ durability: everysec }' });
  const { of, code } = await doctor(file, ['--only', 'redis'], env);
  expect(code).toBe(1);
  expect(of('redis-policy')).toMatchObject([{ severity: 'error', mend: expect.stringContaining('noeviction') }]);
  expect(of('redis-persistence')).toMatchObject([{ severity: 'error', mend: 'CONFIG SET appendonly yes' }]);
  expect(of('redis-memory')).toMatchObject([{ severity: 'warning', mend: expect.stringContaining('CONFIG SET maxmemory') }]);
  expect(of('redis-version')).toMatchObject([{ severity: 'ok' }]);
  expect(of('redis-clock')).toMatchObject([{ severity: 'ok' }]);
});

it('names the commands that the user of Redis lacks, and what it could not look at', async () => {
  const { server, redis } = await start({});
  await redis.call('ACL', 'SETUSER', 'ringback', 'on', '>pw', '~*', '+@all', '-hset', '-xreadgroup', '-xgroup', '-memory');
  const file = await settingsWith({ more: 'history: { store: sqlite, path: history.sqlite }' });
  const noted = new Redis(server.url, { keyPrefix: '' });
  onTestFinished(() => noted.disconnect());
  await noted.set('ringback:something', '1');
  const env = { REDIS_URL: server.url.replace('redis://', 'redis://ringback:pw@') };
  const { of } = await doctor(file, ['--only', 'redis'], env);
  const [rights] = of('redis-rights');
  expect(rights).toMatchObject({ severity: 'error' });
  for (const command of ['hset', 'xreadgroup', 'xgroup']) expect(rights?.text).toContain(`+${command}`);
  expect(of('redis-big-keys')).toMatchObject([
    { severity: 'warning', text: expect.stringMatching(/could not be checked.*memory/i) },
  ]);
});

it('finds what removed outputs and other prefixes have left', async () => {
  const { redis, env } = await start({});
  const connection = { connection: redis, prefix: 'ringback' };
  await noteOutputs({ redis, prefix: 'ringback' }, ['old', 'log']);
  const old = new Queue('output.old', connection);
  const callbacks = new Queue('callbacks', { connection: redis, prefix: 'earlier' });
  await Promise.all([old.add('job', {}), callbacks.add('job', {}), redis.sadd('ringback:prefixes', 'earlier', 'ringback')]);
  await Promise.all([old.close(), callbacks.close()]);
  const { of } = await doctor(await settingsWith(), ['--only', 'redis'], env);
  expect(of('redis-removed-outputs')).toMatchObject([
    {
      severity: 'warning',
      subject: 'old',
      text: expect.stringContaining('1 jobs that wait'),
      mend: expect.stringContaining('outputs purge old'),
    },
  ]);
  expect(of('redis-prefixes')).toMatchObject([
    { severity: 'warning', subject: 'earlier', text: expect.stringContaining('1 batches') },
  ]);
});

it('ends in time with a Redis that does not answer any more', async () => {
  const { server, env } = await start({});
  server.pause();
  onTestFinished(() => server.resume());
  const { of, code } = await doctor(await settingsWith(), ['--only', 'redis', '--timeout', '300ms'], env);
  expect(code).toBe(1);
  expect(of('redis-reach')).toMatchObject([{ severity: 'error', text: 'could not be checked: no answer within 0.3 s' }]);
  expect(of('redis-policy')).toMatchObject([{ severity: 'warning', text: 'could not be checked: no answer within 0.3 s' }]);
});
