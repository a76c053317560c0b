import { noteOutputs } from '@ringback/queue';
import { startRedisServer, watchCommands } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { createMissing } from '../places.ts';
import { readStatus } from './status.ts';

const OUTPUTS = 300;
/** Seven for its queue, one for what it holds. */
const PER_OUTPUT = 8;
/** All the rest of a status: other queues, processes, routes, the backlog. */
const BESIDES = 60;

it('the status of many outputs takes a few commands for each, and none that writes', async () => {
  const server = await startRedisServer();
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  const outputs = Array.from({ length: OUTPUTS }, (_, index) => `out-${index}`);
  await noteOutputs({ redis, prefix: 'test' }, outputs);
  const sent = await watchCommands(server.url);
  const missing = createMissing();
  const places = { shardCount: 1, shards: [{ number: 0, redis, prefix: 'test' }], history: undefined };
  const before = await redis.dbsize();
  await sent.take();
  const status = await readStatus(places, { outputs, durability: 'memory', missing, now: Date.now });
  const commands = (await sent.take()).length;
  expect(missing.all()).toEqual([]);
  expect(status.outputs.map(({ name }) => name)).toEqual(outputs);
  expect(commands).toBeGreaterThan(OUTPUTS * PER_OUTPUT);
  expect(commands).toBeLessThan(OUTPUTS * PER_OUTPUT + BESIDES);
  expect(await redis.dbsize()).toBe(before);
});
