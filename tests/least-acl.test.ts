import { readFileSync } from 'node:fs';
import { leastAcl } from '@ringback/redis';
import { startRedisServer, createInstallation, interfaceSettings, postCallback, taskBody } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { printed } from './commands.ts';

const rules = leastAcl({ prefix: 'ringback', durability: 'memory' });
const SOON = { timeout: 30_000, interval: 50 };

/** What ioredis and we ask for, and are done without where it is forbidden. */
const DONE_WITHOUT = new Set(['client|setname', 'client|setinfo', 'config|get', 'scan']);

it('stands in the docs', () => {
  const docs = readFileSync(new URL('../docs/reliability.md', import.meta.url), 'utf8').replaceAll(/ \\\n\s*/g, ' ');
  const withHistory = leastAcl({ prefix: 'ringback', durability: 'memory', history: true });
  expect(docs).toContain(`add \`${withHistory.filter((rule) => !rules.includes(rule)).join(' ')}\``);
  expect(docs).toContain(`ACL SETUSER ringback on '>a-long-password' ${rules.join(' ')}`.replace('~ringback:*', "'~ringback:*'"));
});

it('is enough for a callback from end to end, with a retry, a dead letter, a conflict, what does not fit, and the operator’s commands', async () => {
  const redis = await startRedisServer();
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  await admin.acl('SETUSER', 'ringback', 'on', '>secret', ...rules);
  const { sink, env, startIngress, startWorker } = await createInstallation({
    redisUrl: redis.url.replace('//', '//ringback:secret@'),
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix: 'ringback' }),
  });
  const failures = new Map<string, number>([
    ['retried', 1],
    ['dead', 1],
  ]);
  sink.answer((_, { body }) => {
    const id = String(JSON.parse(String(body)).requestID);
    const left = failures.get(id) ?? 0;
    failures.set(id, left - 1);
    return left <= 0 ? 200 : id === 'dead' ? 400 : 503;
  });
  const [ingress, worker] = [await startIngress(), await startWorker()];
  const post = (requestID: string, body = taskBody({ taskStatus: 1 })) => postCallback({ ingress: ingress.url, requestID, body });
  for (const id of ['plain', 'retried', 'dead', 'plain']) expect(await post(id)).toMatchObject({ status: 200 });
  expect(await post('plain', taskBody({ taskStatus: 2 }))).toMatchObject({ status: 200 });
  expect(await post('unfit', taskBody({ taskID: 1 }))).toMatchObject({ status: 400 });
  const delivered = () => worker.process.lines.filter(({ msg }) => msg === 'delivered').map(({ requestID }) => requestID);
  await vi.waitFor(() => expect(new Set(delivered())).toEqual(new Set(['plain', 'retried'])), SOON);
  await worker.process.line('dead letter');

  expect(await printed(env, 'outputs')).toContain('crm');
  expect(await printed(env, 'dead-letters', 'list')).toContain('dead');
  expect(await printed(env, 'quarantine', 'list')).toContain('unfit');
  await printed(env, 'outputs', 'pause', 'crm');
  await printed(env, 'outputs', 'resume', 'crm');
  await printed(env, 'dead-letters', 'replay', '--yes');
  await vi.waitFor(() => expect(delivered()).toContain('dead'), SOON);
  await printed(env, 'quarantine', 'purge', '--yes');

  const denied = (await admin.acl('LOG')) as string[][];
  const commands = denied.map((entry) => String(entry[entry.indexOf('object') + 1]));
  expect(commands.filter((command) => !DONE_WITHOUT.has(command))).toEqual([]);
}, 120_000);
