import { join } from 'node:path';
import { createInstallation, interfaceSettings, postCallback, testRedis } from '@ringback/testkit';
import { callbackQueueState } from '@ringback/queue';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

const FILE = join(import.meta.dirname, '../deploy/components/autoscaling/worker.yaml');

/** The list of the ScaledObject, for a namespace in the tests' Redis. */
function listName(prefix: string): string {
  const [, scaled] = parseAllDocuments(readFileSync(FILE, 'utf8')).map((document) => document.toJS());
  const [trigger] = scaled.spec.triggers;
  expect(trigger).toMatchObject({ type: 'redis', metadata: { listName: expect.stringMatching(/^ringback:/) } });
  return trigger.metadata.listName.replace(/^ringback:/, `${prefix}:`);
}

it('KEDA counts the batches that wait for a worker, also while dispatching is paused', async () => {
  const { url, prefix } = testRedis();
  const { startIngress } = await createInstallation({
    redisUrl: url,
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix }),
  });
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = callbackQueueState({ redis, prefix });
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  const ingress = await startIngress();
  const list = listName(prefix);

  expect(await redis.llen(list)).toBe(0);
  for (const requestID of ['one', 'two', 'three']) await postCallback({ ingress: ingress.url, requestID });
  expect(await redis.type(list)).toBe('list');
  expect(await redis.llen(list)).toBe(3);

  // The user that the manifest names may do what KEDA's script does, and no more.
  const [, rules = '', pattern = ''] = /(\+ping (?:\+\w+ ?)+) on ~ringback:(\S+)/.exec(readFileSync(FILE, 'utf8')) ?? [];
  const keda = new Redis(url, { username: prefix, password: 'keda', enableReadyCheck: false, lazyConnect: true });
  onTestFinished(() => keda.disconnect());
  await redis.call('ACL', 'SETUSER', prefix, 'on', '>keda', `~${prefix}:${pattern}`, '-@all', ...rules.trim().split(' '));
  expect(await keda.eval("return { redis.call('type', KEYS[1]).ok, redis.call('llen', KEYS[1]) }", 1, list)).toEqual(['list', 3]);
  await expect(keda.lpop(list)).rejects.toThrow(/NOPERM/);
  await redis.call('ACL', 'DELUSER', prefix);

  // docs/deploying.md says what to do about that.
  await queue.pause();
  expect(await redis.llen(list)).toBe(3);
}, 180_000);
