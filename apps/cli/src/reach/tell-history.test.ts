import { callbackKey } from '@ringback/contracts';
import { peekAtStream, readBufferState } from '@ringback/history';
import { noteOutputs } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { withTestHistory } from '../search/test-history.ts';
import { setUp as withoutHistory } from '../outputs/test-outputs.ts';
import { fail } from './test-shards.ts';

it('commands that change something tell the history who did what, and to which callbacks', async () => {
  const redis = testRedis();
  const { cli } = await withTestHistory(redis);
  const client = new Redis(redis.url, { maxRetriesPerRequest: null });
  const access = { redis: client, prefix: redis.prefix };
  onTestFinished(() => client.disconnect());
  for (const args of [
    ['outputs', 'pause', 'crm'],
    ['dispatch', 'pause'],
    ['dispatch', 'resume'],
  ]) {
    expect((await cli(...args)).code).toBe(0);
  }
  await noteOutputs(access, ['crm', 'old', 'older']);
  await cli('outputs', 'purge', 'old', '--yes');
  await cli('outputs', 'move', 'older', 'crm', '--yes');
  for (const id of ['d1', 'd2']) await fail(access, id);
  await cli('dead-letters', 'replay', 'd1');
  await cli('dead-letters', 'purge', '--output', 'crm', '--yes');
  const { actions, deliveries } = await peekAtStream(access, () => ({}), 100);
  const by = expect.stringMatching(/^[^@]+@.+$/);
  expect(actions.map(({ command, facts, by: who }) => ({ command, facts, who }))).toEqual([
    { command: 'outputs pause', facts: { output: 'crm' }, who: by },
    { command: 'dispatch pause', facts: {}, who: by },
    { command: 'dispatch resume', facts: {}, who: by },
    { command: 'outputs purge', facts: expect.objectContaining({ output: 'old' }), who: by },
    { command: 'outputs move', facts: { from: 'older', to: 'crm', moved: 0, left: 0 }, who: by },
    { command: 'dead-letters replay', facts: { id: 'd1', done: 1, failed: 0 }, who: by },
    { command: 'dead-letters purge', facts: { output: 'crm', done: 1, failed: 0 }, who: by },
  ]);
  const refs = ['d1', 'd2'].map((id) => ({ key: callbackKey(testCallback(id)), receivedAt: 2 }));
  expect(actions.map(({ callbacks }) => callbacks)).toEqual([[], [], [], [], [], [refs[0]], [refs[1]]]);
  expect(deliveries).toMatchObject([
    { ...refs[0], output: 'crm', state: 'waiting' },
    { ...refs[1], output: 'crm', state: 'purged' },
  ]);
});

it('without a history they send nothing', async () => {
  const { outputs, redis, prefix } = await withoutHistory();
  await noteOutputs({ redis, prefix }, ['crm', 'old', 'older']);
  for (const output of ['old', 'older']) await fail({ redis, prefix }, 'd1', output);
  for (const args of [
    ['pause', 'crm'],
    ['move', 'old', 'crm', '--yes'],
    ['purge', 'older', '--yes'],
  ])
    expect((await outputs(...args)).code).toBe(0);
  expect(await readBufferState({ redis, prefix })).toEqual({ events: 0, bytes: 0, dropped: { callbacks: 0, attempts: 0 } });
  expect(await redis.exists(`${prefix}:history`, `${prefix}:history.state`)).toBe(0);
});
