import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRedisServer, testRedis } from './redis.ts';

function connect(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 25 });
  redis.on('error', () => {});
  onTestFinished(() => redis.disconnect());
  return redis;
}

describe('testRedis', () => {
  it('names a real server and a prefix of its own at each call', async () => {
    const { url, prefix } = testRedis();
    expect(prefix).not.toBe(testRedis().prefix);
    const redis = connect(url);
    await redis.set(`${prefix}:key`, 'value');
    expect(await redis.get(`${prefix}:key`)).toBe('value');
    expect(await redis.info('server')).toMatch(/redis_version:\d/);
  });
});

describe('startRedisServer', () => {
  it('keeps what was written with appendfsync always over a kill, on the same port', async () => {
    const server = await startRedisServer({ appendfsync: 'always' });
    const redis = connect(server.url);
    await redis.set('kept', 'yes');
    await server.kill();
    await server.start();
    expect(await redis.get('kept')).toBe('yes');
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
  });

  it('forgets over a stop without appendfsync', async () => {
    const server = await startRedisServer();
    const redis = connect(server.url);
    await redis.set('kept', 'no');
    await server.stop();
    await server.start();
    expect(await redis.get('kept')).toBeNull();
  });

  it('answers nothing while paused, and answers once resumed', async () => {
    const server = await startRedisServer();
    const redis = connect(server.url);
    await redis.ping();
    server.pause();
    const answer = redis.ping();
    const first = await Promise.race([answer, once(AbortSignal.timeout(100), 'abort').then(() => 'nothing')]);
    expect(first).toBe('nothing');
    server.resume();
    expect(await answer).toBe('PONG');
  });

  it('is gone, with its data, after remove', async () => {
    const server = await startRedisServer({ appendfsync: 'everysec' });
    const redis = connect(server.url);
    const [, dir] = (await redis.config('GET', 'dir')) as [string, string];
    const pid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
    expect(existsSync(dir)).toBe(true);
    await server.remove();
    expect(existsSync(dir)).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
