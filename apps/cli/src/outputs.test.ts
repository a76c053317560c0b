import { testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli, testFile } from './run-cli.ts';

async function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('output.crm', { connection: redis, prefix });
  onTestFinished(async () => {
    await queue.close();
    redis.disconnect();
  });
  const file = await testFile(
    'ringback.yaml',
    `
redis: { prefix: ${prefix} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [s3cret-value] }] }]
outputs: [{ name: crm, type: webhook, url: 'https://example.com/hook' }, { name: log, type: stdout }]
routes: [{ to: [crm] }]
`,
  );
  return { queue, outputs: (...args: string[]) => runCli(['outputs', ...args, '--config', file], { env: { REDIS_URL: url } }) };
}

describe('outputs', () => {
  it('lists each with what stands in its queue, and pauses and resumes one for all workers', async () => {
    const { queue, outputs } = await setUp();
    await queue.addBulk([1, 2, 3].map((n) => ({ name: 'job', data: { n }, opts: n === 3 ? { delay: 60_000 } : {} })));
    expect(await outputs('pause', 'crm')).toEqual({ code: 0, out: 'crm is paused\n', err: '' });
    expect(await queue.isPaused()).toBe(true);
    expect((await outputs()).out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['output', 'state', 'waiting', 'later', 'under way', 'dead letters'],
      ['crm', 'paused', '2', '1', '0', '0'],
      ['log', 'running', '0', '0', '0', '0'],
      [''],
    ]);
    expect(await outputs('resume', 'crm')).toEqual({ code: 0, out: 'crm is resumed\n', err: '' });
    expect(await queue.isPaused()).toBe(false);
  });

  it('says which outputs there are when none has the name', async () => {
    const { outputs } = await setUp();
    const { code, err } = await outputs('pause', 'crn');
    expect({ code, err }).toEqual({ code: 1, err: 'RB_OUTPUT_UNKNOWN: no output is called crn; there are crm, log\n' });
  });
});
