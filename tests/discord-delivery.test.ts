import { createInstallation, postCallback, SAMPLE_ACCOUNT, taskBody, testRedis } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';

const settings = (discordUrl: string, prefix: string) => `
ingress: { host: 127.0.0.1, port: 0, adminPort: 0 }
worker: { adminPort: 0 }
redis: { prefix: ${prefix} }
sources:
  - name: callbot
    type: callbot
    accounts: [{ uuid: ${SAMPLE_ACCOUNT.uuid}, secrets: ["${SAMPLE_ACCOUNT.secret}"], algorithm: md5 }]
outputs:
  - { name: team, type: discord, url: ${discordUrl}, retry: { attempts: 1, minDelay: 10ms, maxDelay: 20ms } }
routes:
  - to: [team]
`;

it('brings a signed callback to Discord as an embed, after the wait that Discord asks for, at the cost of no attempt', async () => {
  const { url: redisUrl, prefix } = testRedis();
  const { sink, startIngress, startWorker } = await createInstallation({
    redisUrl,
    settings: (sinkUrl) => settings(`${sinkUrl}/api/webhooks/1/t`, prefix),
  });
  const times: number[] = [];
  sink.answer((count) => {
    times.push(performance.now());
    return count === 1 ? { status: 429, body: '{"message":"slow down","retry_after":0.75}' } : 204;
  });
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);

  const answer = await postCallback({ ingress: ingress.url, requestID: 'one', body: taskBody({ taskStatus: 4 }) });
  expect(answer).toMatchObject({ status: 200, body: { retCode: 0 } });

  await worker.process.line('delivered');
  await vi.waitFor(() => expect(sink.requests).toHaveLength(2), { timeout: 20_000, interval: 20 });
  const [first, second] = sink.requests;
  expect(Number(times[1]) - Number(times[0])).toBeGreaterThanOrEqual(750);
  expect(second).toMatchObject({ method: 'POST', path: '/api/webhooks/1/t', body: first?.body });
  expect(JSON.parse(String(second?.body))).toMatchObject({
    embeds: [{ title: '❌ Task failed', color: 0xe74c3c, footer: { text: 'callbot · callbot.task.failed · request one' } }],
    allowed_mentions: { parse: [] },
  });
}, 180_000);
