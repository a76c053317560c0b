import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { postCallback, startApp, taskBody, writeSettings } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { bytesInRedis, filesIn, textsIn } from './bytes-at-rest.ts';
import { DEADLINE, setUpHistory } from './history-world.ts';
import { install, reload, settingsOf, startLoad } from './reload-world.ts';
import { printed } from './commands.ts';

const PHONE = '13800138777';
const newKey = () => randomBytes(32).toString('base64');
const encrypt = (...keys: string[]) => `privacy: { encrypt: { keys: [${keys.map((key) => `{ key: "${key}" }`).join(', ')}] } }`;

const formsIn = (bytes: Buffer) => textsIn(bytes, [PHONE]);

it('keeps no phone number at rest, and works with bodies as if they were plain', async () => {
  const world = await setUpHistory({ sections: encrypt(newKey()) });
  const { sink, startIngress, startWorker, open, folder, url, prefix, env } = world;
  const ingress = await startIngress();
  const body = taskBody({ taskStatus: 3, other: PHONE });
  const post = (text: string) => postCallback({ ingress: ingress.url, requestID: 'one', body: text });
  expect(await post(body)).toMatchObject({ status: 200 });
  const queued = await bytesInRedis(url, prefix);
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
  const kept = await bytesInRedis(url, prefix);
  expect(kept.includes('RB_REQUEST_ID_REUSED')).toBe(true);
  expect(formsIn(kept)).toEqual([]);
  for (const [file, bytes] of filesIn(folder)) expect([file, formsIn(bytes)]).toEqual([file, []]);

  expect(await printed(env, 'search', '--text', PHONE, '--count')).toContain('1');
  expect(await printed(env, 'trace', 'one', '--json')).toContain(PHONE);
  expect(await printed(env, 'quarantine', 'show', 'one')).toContain(PHONE);
  await printed(env, 'forget', '--phone', PHONE, '--yes', '--json');
  expect(await store.find({ id: 'one' }, { limit: 1 })).toEqual([]);
  expect((await bytesInRedis(url, prefix)).includes('RB_REQUEST_ID_REUSED')).toBe(false);
});

it('changes keys by reload under load, in any order, and back to plain: none is lost, none comes twice', async () => {
  const [first, second] = [newKey(), newKey()];
  const outputs: Record<string, string> = {};
  const { startIngress, env, prefix, write, arrived } = await install((sink) => {
    outputs['crm'] = `${sink}/crm`;
    return { outputs, more: encrypt(first) };
  });
  const settings = (...keys: string[]) => settingsOf(prefix, { outputs, more: encrypt(...keys) });
  const startWorker = async () => {
    const path = await writeSettings(settings(first));
    const worker = startApp({ app: 'worker', env: { ...env, RINGBACK_CONFIG: path } });
    await worker.line('worker is up');
    return { worker, write: (text: string) => writeFile(path, text) };
  };
  const [ingress, late, early] = await Promise.all([startIngress(), startWorker(), startWorker()]);
  const load = startLoad(ingress.url);
  await load.more(50);

  // The wrong way round: no worker has the new key yet.
  await write({ outputs, more: encrypt(second, first) });
  await reload(ingress.process);
  await load.more(50);
  await vi.waitFor(() => expect(JSON.stringify([late.worker.lines, early.worker.lines])).toContain('RB_KEY_MISSING'), DEADLINE);
  await early.write(settings(second, first));
  await reload(early.worker);
  await load.more(50);
  await write({ outputs, more: encrypt(second, first).replace('{ keys', '{ active: false, keys') });
  await reload(ingress.process);
  await load.more(50);
  const sent = await load.end();
  await late.write(settings(first, second));
  await reload(late.worker);

  await vi.waitFor(() => expect(arrived('/crm')).toEqual(sent), DEADLINE);
  const lines = JSON.stringify([late.worker.lines, early.worker.lines]);
  expect(lines).not.toContain('RB_DELIVERY_DEAD');
  // A missing key is no fault of the destination.
  expect(lines).not.toContain('output paused after failures');
});
