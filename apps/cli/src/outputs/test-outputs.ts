import { testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';

export async function setUp({ url, prefix } = testRedis()) {
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
  return {
    redis,
    prefix,
    queue,
    file,
    cli: (...args: string[]) => runCommand([...args, '--config', file], { REDIS_URL: url }),
    outputs: (...args: string[]) => runCommand(['outputs', ...args, '--config', file], { REDIS_URL: url }),
  };
}
