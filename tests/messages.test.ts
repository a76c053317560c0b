import { createInstallation, SAMPLE_ACCOUNT, testRedis } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { printed } from './commands.ts';

const DEADLINE = { timeout: 30_000, interval: 50 };
const ACCOUNTS = `accounts: [{ uuid: ${SAMPLE_ACCOUNT.uuid}, secrets: ["${SAMPLE_ACCOUNT.secret}"], algorithm: md5 }]`;

/** Ringback with these sources. Its one output is a chat. */
async function install(sources: string) {
  const { url: redisUrl, prefix } = testRedis();
  const { sink, env, startIngress, startWorker } = await createInstallation({
    redisUrl,
    settings: (sinkUrl) => `
ingress: { host: 127.0.0.1, port: 0, adminPort: 0 }
worker: { adminPort: 0 }
redis: { prefix: ${prefix} }
sources:
${sources}
outputs: [{ name: team, type: slack, url: ${sinkUrl}/team }]
routes: [{ to: [team] }]
`,
  });
  const ingress = await startIngress();
  await startWorker();
  const send = (...args: string[]) => printed(env, 'send', ...args, '--url', ingress.url);
  const texts = () => sink.requests.map(({ body }) => (JSON.parse(String(body)) as { text: string }).text).toSorted();
  return { send, texts };
}

it('gives all sources of type callbot the messages of that type, whatever their names', async () => {
  const { send, texts } = await install(`
  - { name: sales, type: callbot, paths: { task: /s/t, order: /s/o, call: /s/c, any: /s }, ${ACCOUNTS} }
  - { name: github, type: callbot, paths: { task: /g/t, order: /g/o, call: /g/c, any: /g }, ${ACCOUNTS} }`);
  for (const source of ['sales', 'github']) expect(await send('task', '--source', source)).toMatch(/acked +200/);
  await vi.waitFor(() => expect(texts()).toHaveLength(2), DEADLINE);
  expect(texts()).toEqual([expect.stringContaining('✅ Task completed'), expect.stringContaining('✅ Task completed')]);
}, 180_000);

it('gives a source of another type the generic message, though its name is callbot', async () => {
  const { send, texts } = await install(`
  - name: callbot
    type: hmac
    path: /callbot
    secrets: [s3cret]
    signature: { header: x-sign, algorithm: sha256, encoding: hex, signs: "{body}" }
    id: { json: id }
    event: { json: type }`);
  expect(await send('event', '--source', 'callbot', '--event', 'task.completed')).toMatch(/acked +200/);
  await vi.waitFor(() => expect(texts()).toHaveLength(1), DEADLINE);
  expect(texts()).toEqual([
    expect.stringMatching(/^Callbot: task completed · Type: callbot\.task\.completed · Account: callbot/),
  ]);
}, 180_000);
