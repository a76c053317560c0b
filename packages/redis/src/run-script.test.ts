import { testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { createRunScript } from './run-script.ts';

/** A script that no server knows before. */
const script = (name: string) => `-- ${name}\nreturn { KEYS[1], ARGV[1] }`;

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  return { prefix, run: createRunScript(redis) };
}

it('runs a script that the server does not know yet, and one that it knows', async () => {
  const { prefix, run } = setUp();
  for (const _ of [1, 2]) expect(await run(script(prefix), [prefix], ['x'])).toEqual([prefix, 'x']);
});

it('resolves to nothing for a script without a list, and without keys', async () => {
  const { prefix, run } = setUp();
  expect(await run(`-- ${prefix}\nreturn 1`, [prefix], [])).toEqual([]);
  expect(await run(script(prefix), [], ['x'])).toEqual([]);
});

it('rejects with what the script fails with', async () => {
  const { prefix, run } = setUp();
  await expect(run(`-- ${prefix}\nreturn redis.call('INCR')`, [prefix], [])).rejects.toThrow(/Wrong number of args/);
});
