import { createSecret } from '@ringback/contracts';
import { startRedisServer } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { connectForCommand } from './connection.ts';
import { refusalOf, troubleOf } from './trouble.ts';

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

it('says in plain words that the connection was lost under a command', async () => {
  const server = await startRedisServer();
  const redis = await connectForCommand({ url: createSecret(server.url), name: 'test' });
  onTestFinished(() => redis.disconnect());
  server.pause();
  const lost = errorOf(redis.get('key'));
  await server.kill();
  expect(refusalOf(await lost)).toMatchObject({
    code: 'RB_REDIS_UNAVAILABLE',
    message: 'Redis does not answer: the connection was lost',
  });
});

it('names what was refused within a transaction, and not that this was discarded', async () => {
  const server = await startRedisServer();
  const admin = new Redis(server.url);
  onTestFinished(() => admin.disconnect());
  await admin.config('SET', 'maxmemory', '1');
  const error = await errorOf(admin.multi().set('key', 'value').get('key').exec());
  expect(error).toMatchObject({ message: expect.stringMatching(/^EXECABORT/) });
  expect(refusalOf(error)).toMatchObject({ code: 'RB_REDIS_REFUSES', message: expect.stringMatching(/^OOM: Redis has reached/) });
  expect(troubleOf(error)).toMatchObject({ kind: 'OOM' });
});

it.each([
  [
    'LOADING Redis is loading the dataset in memory',
    'LOADING: Redis is still reading its data from disk. It will be there by itself',
  ],
  [
    'EXECABORT Transaction discarded because of previous errors.',
    'EXECABORT: Redis refused a command of a transaction, and did none of it',
  ],
])('says what %s means', (message, plain) => {
  expect(refusalOf(Object.assign(new Error(message), { name: 'ReplyError' }))?.message).toBe(plain);
});
