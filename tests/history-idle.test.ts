import { postCallback, printed, startRedisServer, taskBody } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DEADLINE, setUpHistory } from './history-world.ts';

/** The writer waits a second for each of these, so they count the time as Redis and the worker know it. */
const WAITS = 'xreadgroup';
const IDLE_FOR = 4;
/** Commands of an ingress and a worker, those of scripts included: 61 were counted. A loop without a pause makes thousands. */
const MOST_PER_WAIT = 200;

async function callsOf(redis: Redis): Promise<Map<string, number>> {
  const text = await redis.info('commandstats');
  return new Map([...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name = '', calls]) => [name, Number(calls)]));
}

/** Of all clients but this one, while nothing happens. */
async function perWait(redis: Redis): Promise<number> {
  const before = await callsOf(redis);
  let asked = 0;
  let after = before;
  const since = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const waited = async () => {
    asked += 1;
    after = await callsOf(redis);
    return since(WAITS) >= IDLE_FOR;
  };
  await vi.waitUntil(waited, { ...DEADLINE, interval: 500 });
  return ([...after.keys()].reduce((sum, name) => sum + since(name), 0) - asked) / since(WAITS);
}

it('writes single callbacks with idle time between them, and does not busy itself meanwhile', async () => {
  const server = await startRedisServer();
  const { sink, startIngress, startWorker, open, env, prefix } = await setUpHistory({ redis: server });
  const [ingress] = await Promise.all([startIngress(), startWorker()]);
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  const store = await open();

  for (const requestID of ['first', 'second']) {
    const { status } = await postCallback({ ingress: ingress.url, requestID, body: taskBody({ taskStatus: 1 }) });
    expect(status).toBe(200);
    await vi.waitFor(() => expect(sink.requests.some(({ body }) => body.includes(requestID))).toBe(true), DEADLINE);
    await vi.waitFor(async () => expect(await redis.xlen(`${prefix}:history`)).toBe(0), DEADLINE);
    const { callback, deliveries } = JSON.parse(await printed(env, 'trace', requestID, '--json'));
    expect({ callback, deliveries }).toMatchObject({
      callback: { requestID, body: expect.stringContaining('"taskStatus":1') },
      deliveries: [{ output: 'crm', state: 'delivered', attempts: [{ number: 1, outcome: 'delivered', status: 200 }] }],
    });
    expect(await perWait(redis)).toBeLessThan(MOST_PER_WAIT);
  }
  expect(await store.count({ state: 'delivered' })).toBe(2);
}, 180_000);
