import { readFileSync } from 'node:fs';
import { leastAcl } from '@ringback/redis';
import { createInstallation, interfaceSettings, postCallback, startCluster, taskBody } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { printed } from './commands.ts';

const rules = leastAcl({ prefix: '{ringback:0}', durability: 'replica', cluster: true });
const SOON = { timeout: 30_000, interval: 50 };
/** What ioredis and we ask for, and are done without where it is forbidden. */
const DONE_WITHOUT = new Set(['client|setname', 'client|setinfo', 'config|get']);

it('stands in the docs', () => {
  const docs = readFileSync(new URL('../docs/reliability.md', import.meta.url), 'utf8');
  for (const rule of ['~{ringback:0}:*', '+cluster|keyslot', '+cluster|slots', '+wait']) expect(docs).toContain(rule);
});

it('is enough on a cluster for ingress, worker and the operator’s commands', async () => {
  const set = await startCluster();
  for (const server of set.servers) await set.ask(server, 'ACL', 'SETUSER', 'ringback', 'on', '>secret', ...rules);
  const redis = `${set.settings}, username: ringback, password: secret, durability: replica`;
  const { sink, env, startIngress, startWorker } = await createInstallation({
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix: 'ringback', redis }),
  });
  sink.answer(() => (sink.requests.length === 1 ? 503 : 200));
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  const post = () => postCallback({ ingress: ingress.url, requestID: 'one', body: taskBody({ taskStatus: 1 }) });
  await vi.waitFor(async () => expect(await post()).toMatchObject({ status: 200 }), SOON);
  await worker.process.line('delivered');
  expect(await printed(env, 'outputs')).toContain('crm');
  await printed(env, 'outputs', 'pause', 'crm');
  await printed(env, 'outputs', 'resume', 'crm');

  const denied = await Promise.all(set.servers.map((server) => set.ask(server, 'ACL', 'LOG')));
  const commands = denied.flatMap(
    (log) => (log as string[][]).map((entry) => String(entry[entry.indexOf('object') + 1])), // as ACL LOG answers
  );
  expect(commands.filter((command) => !DONE_WITHOUT.has(command))).toEqual([]);
}, 120_000);
