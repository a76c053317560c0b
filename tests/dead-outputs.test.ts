import { randomBytes } from 'node:crypto';
import { type Sink, startRedisServer, createInstallation, SAMPLE_ACCOUNT, postCallback, taskBody } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';

const ROOM = 5 * 1024 * 1024;
const DEAD = ['dead-1', 'dead-2'] as const;
/** Random: compression does not help. Short: a few long ones would need no care. */
const note = () => randomBytes(450).toString('base64');

/** One output that is well, and two that are dead, of which one has no breaker. */
const settings = (sinkUrl: string) => `
ingress: { host: 127.0.0.1, port: 0, adminPort: 0 }
worker: { adminPort: 0 }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: ${SAMPLE_ACCOUNT.uuid}, secrets: ["${SAMPLE_ACCOUNT.secret}"], algorithm: md5 }] }]
outputs:
  - { name: good, type: webhook, url: ${sinkUrl}/good }
  - { name: dead-1, type: webhook, url: ${sinkUrl}/dead-1, breaker: { cooldown: 500ms } }
  - { name: dead-2, type: webhook, url: ${sinkUrl}/dead-2, breaker: { enabled: false }, retry: { attempts: 100, maxDelay: 2s } }
routes: [{ to: [good, dead-1, dead-2] }]
`;

/** Posts callbacks until none is taken any more; resolves with the requestIDs that were acked. */
async function fill(ingress: string): Promise<string[]> {
  const acked: string[] = [];
  const send = async (sender: number): Promise<void> => {
    for (let count = 0; ; count += 1) {
      const requestID = `${sender}-${count}`;
      const { status } = await postCallback({ ingress, requestID, body: taskBody({ taskStatus: 1, note: note() }) });
      if (status !== 200) return;
      acked.push(requestID);
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, sender) => send(sender)));
  return acked;
}

/** requestIDs that the sink answered with 200, by path. */
function watch(sink: Sink) {
  const got = new Map<string, Set<string>>(['good', ...DEAD].map((name) => [name, new Set()]));
  let dead = true;
  sink.answer((_, { path, body }) => {
    const name = path.slice(1);
    if (dead && name !== 'good') return 500;
    got.get(name)?.add(/"requestID":"([^"]*)"/.exec(body.toString())?.[1] ?? '');
    return 200;
  });
  return { got: (name: string) => got.get(name) ?? new Set(), revive: () => void (dead = false) };
}

it('a backlog that fills Redis gets to the output that is well, though two others are dead', async () => {
  const server = await startRedisServer();
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  const { sink, startIngress, startWorker } = await createInstallation({ redisUrl: server.url, settings });
  const { got, revive } = watch(sink);
  const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory', String(used + ROOM));
  const ingress = await startIngress();
  const acked = await fill(ingress.url);
  expect(acked.length).toBeGreaterThan(500);

  await startWorker();
  await vi.waitFor(() => expect(got('good').size).toBe(acked.length), { timeout: 120_000, interval: 100 });
  expect(DEAD.map((name) => got(name).size)).toEqual([0, 0]);
  revive();
  for (const name of DEAD) {
    await vi.waitFor(() => expect(got(name)).toEqual(new Set(acked)), { timeout: 120_000, interval: 500 });
  }
  const left = async () => [...(await redis.keys('ringback:bodies:*')), ...(await redis.keys('ringback:held:*'))];
  await vi.waitFor(async () => expect(await left()).toEqual([]), { timeout: 20_000, interval: 200 });
}, 300_000);
