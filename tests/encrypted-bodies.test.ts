import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { postCallback, printed, startApp, taskBody, writeSettings } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DEADLINE, setUpHistory } from './history-world.ts';

const PHONE = '13800138777';
const newKey = () => randomBytes(32).toString('base64');
const encrypt = (...keys: string[]) => `privacy: { encrypt: { keys: [${keys.map((key) => `{ key: "${key}" }`).join(', ')}] } }`;

/** The part of its base64 that is the same whatever stands around it. */
const inBase64 = [0, 1, 2].map((shift) => {
  const whole = Buffer.from(' '.repeat(shift) + PHONE).toString('base64');
  return whole.slice(shift === 0 ? 0 : shift + 1, -4);
});
const FORMS = [PHONE, ...inBase64];
const formsIn = (bytes: Buffer) => FORMS.filter((form) => bytes.includes(form));

/** Everything under the prefix, as it stands there. */
async function contentOf(url: string, prefix: string): Promise<Buffer> {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const parts: unknown[] = [];
  for (const key of await redis.keys(`${prefix}*`)) {
    const read: Readonly<Record<string, () => Promise<unknown>>> = {
      string: () => redis.get(key),
      hash: () => redis.hgetall(key),
      list: () => redis.lrange(key, 0, -1),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, '0', '-1'),
      stream: () => redis.xrange(key, '-', '+', 'COUNT', '1000'),
    };
    parts.push(await read[await redis.type(key)]?.());
  }
  return Buffer.from(JSON.stringify(parts), 'utf8');
}

it('keeps no phone number at rest, and works with bodies as if they were plain', async () => {
  const world = await setUpHistory({ sections: encrypt(newKey()) });
  const { sink, startIngress, startWorker, open, folder, url, prefix, env } = world;
  const ingress = await startIngress();
  const body = taskBody({ taskStatus: 3, other: PHONE });
  const post = (text: string) => postCallback({ ingress: ingress.url, requestID: 'one', body: text });
  expect(await post(body)).toMatchObject({ status: 200 });
  const queued = await contentOf(url, prefix);
  expect(queued.includes('rb1.')).toBe(true);
  expect(formsIn(queued)).toEqual([]);

  await startWorker();
  // The route to ops has a condition on the body.
  await vi.waitFor(() => expect(sink.requests.map(({ path }) => path).toSorted()).toEqual(['/hook', '/slack']), DEADLINE);
  const delivered = sink.requests.find(({ path }) => path === '/hook');
  expect(String(delivered?.body)).toContain(`"data":${body}}`);

  await post(body);
  await post(taskBody({ taskStatus: 1, other: PHONE }));
  const store = await open();
  await vi.waitFor(async () => {
    const [found] = await store.find({ id: 'one' }, { limit: 1, bodies: true });
    expect(found).toMatchObject({ body: expect.stringMatching(/^rb1\./), repeats: { duplicates: 1, conflicts: 1 } });
    expect(found?.subjects.task).toBeDefined();
  }, DEADLINE);
  const kept = await contentOf(url, prefix);
  expect(kept.includes('RB_REQUEST_ID_REUSED')).toBe(true);
  expect(formsIn(kept)).toEqual([]);
  for (const file of readdirSync(folder)) expect([file, formsIn(readFileSync(join(folder, file)))]).toEqual([file, []]);

  expect(await printed(env, 'search', '--text', PHONE, '--count')).toContain('1');
  expect(await printed(env, 'trace', 'one', '--json')).toContain(PHONE);
  expect(await printed(env, 'quarantine', 'show', 'one')).toContain(PHONE);
  await printed(env, 'forget', '--phone', PHONE, '--yes', '--json');
  expect(await store.find({ id: 'one' }, { limit: 1 })).toEqual([]);
  expect((await contentOf(url, prefix)).includes('RB_REQUEST_ID_REUSED')).toBe(false);
});

it('keeps callbacks for a worker that has the key', async () => {
  const [key, other] = [newKey(), newKey()];
  const world = await setUpHistory({ sections: encrypt(key) });
  const { sink, startIngress, startWorker, env } = world;
  const ingress = await startIngress();
  await postCallback({ ingress: ingress.url, requestID: 'one', body: taskBody({ other: PHONE }) });
  const settings = readFileSync(String(env['RINGBACK_CONFIG']), 'utf8').replace(key, other);
  const worker = startApp({ app: 'worker', env: { ...env, RINGBACK_CONFIG: await writeSettings(settings) } });
  await vi.waitFor(() => expect(JSON.stringify(worker.lines)).toContain('RB_KEY_MISSING'), DEADLINE);
  expect(sink.requests).toEqual([]);
  await worker.stop();
  await startWorker();
  await vi.waitFor(() => expect(sink.requests.map(({ path }) => path)).toContain('/hook'), DEADLINE);
});
