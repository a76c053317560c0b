import { randomBytes } from 'node:crypto';
import { startApp, testPostgres, testRedis } from '@ringback/testkit';
import { createRespProxy } from '@ringback/testkit/bare';
import { expect, it, onTestFinished, vi } from 'vitest';
import { runCommand } from '../apps/cli/src/test-commands.ts';
import { DEADLINE, install, reload, startLoad } from './reload-world.ts';

const SOON = { timeout: 90_000, interval: 100 };
const newKey = () => randomBytes(32).toString('base64');
type Counted = { readonly id: string; readonly bodies: number };

async function setUp() {
  const [old, next] = [newKey(), newKey()];
  const { url, schema } = testPostgres();
  const said = (sink: string, ...keys: string[]) => ({
    outputs: { good: `${sink}/good`, paused: `${sink}/paused`, dead: `${sink}/dead` },
    more: `history: { store: postgres, url: "${url}", schema: ${schema} }
privacy: { encrypt: { keys: ${JSON.stringify(keys.map((key) => ({ key })))} } }`,
  });
  const world = await install((sink) => said(sink, old));
  const cli = async (...args: string[]) => {
    const { code, out, err } = await runCommand(args, world.env);
    expect({ args, code, err, out: code === 0 ? '' : out }).toEqual({ args, code: 0, err: '', out: '' });
    return out;
  };
  /** Once all can be asked: the worker makes the history a while after its start. */
  const status = () => vi.waitFor(async () => JSON.parse(await cli('privacy', 'status', '--json')), SOON);
  const use = (...keys: string[]) => world.write(said(world.sink.url, ...keys));
  return { ...world, cli, status, use, old, next };
}

/** Killed when it has changed some entries in Redis, and before it goes on. */
async function killRotation(env: Readonly<Record<string, string>>, newId: string): Promise<void> {
  const url = new URL(testRedis().url);
  const proxy = await createRespProxy({ port: Number(url.port) });
  onTestFinished(() => proxy.close());
  url.port = String(proxy.port);
  const halted = Promise.withResolvers<void>();
  let changes = 0;
  proxy.watch(
    ([name, ...args]) => {
      if (name?.startsWith('eval') !== true || !args.some((arg) => arg.includes(`rb1.${newId}`))) return undefined;
      changes += 1;
      return changes === 5 ? 'after' : undefined;
    },
    () => halted.resolve(),
  );
  const command = startApp({ app: 'cli', args: ['privacy', 'rotate', '--yes'], env: { ...env, REDIS_URL: url.href } });
  await halted.promise;
  expect(await command.stop('SIGKILL')).toBeNull();
}

it('changes the key under load, killed in between and run again, until the new key alone reads all of it', async () => {
  const { sink, env, cli, status, use, old, next, arrived, startIngress, startWorker } = await setUp();
  sink.answer((_count, { path }) => (path === '/dead' ? 400 : 200));
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  await cli('outputs', 'pause', 'paused');
  const load = startLoad(ingress.url, { clients: 2, pauseMs: 100 });
  await load.more(30);
  for (const keys of [
    [old, next],
    [next, old],
  ]) {
    await use(...keys);
    await reload(ingress.process, worker.process);
  }
  await vi.waitFor(async () => expect((await status()).otherKeys).toEqual([]), SOON);
  const [newId = '', oldId = ''] = (await status()).keys.map(({ id }: Counted) => id);

  await killRotation(env, newId);
  const { keys } = await status();
  expect(keys).toMatchObject([
    { id: newId, encrypts: true },
    { id: oldId, encrypts: false },
  ]);
  expect(Math.min(...keys.map(({ bodies }: Counted) => bodies))).toBeGreaterThan(0);
  await vi.waitFor(async () => {
    const rotated = JSON.parse(await cli('privacy', 'rotate', '--yes', '--json'));
    expect(rotated).toMatchObject({ unreadable: [], older: [{ id: oldId, removable: true }] });
  }, DEADLINE);
  await use(next);
  await reload(ingress.process, worker.process);
  const sent = await load.end();

  await cli('outputs', 'resume', 'paused');
  for (const path of ['/good', '/paused', '/dead']) await vi.waitFor(() => expect(arrived(path)).toEqual(sent), DEADLINE);
  sink.answer(200);
  // A delivery is a dead letter a little after its answer came.
  await vi.waitFor(async () => {
    await runCommand(['dead-letters', 'replay', '--output', 'dead', '--yes'], env);
    expect(arrived('/dead')).toEqual([...sent, ...sent].toSorted());
  }, DEADLINE);
  await vi.waitFor(async () => {
    expect(await cli('search', '--text', 'taskStatus', '--count')).toBe(`${sent.length}\n`);
  }, SOON);
  expect([arrived('/good'), arrived('/paused')]).toEqual([sent, sent]);
  expect(await status()).toMatchObject({ keys: [{ id: newId }], missing: [], plain: { bodies: 0 }, unreadable: 0 });
  expect(JSON.stringify([...ingress.process.lines, ...worker.process.lines])).not.toContain('RB_KEY_MISSING');
}, 240_000);
