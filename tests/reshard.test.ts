import { leastAcl } from '@ringback/redis';
import {
  createInstallation,
  interfaceSettings,
  postCallback,
  startApp,
  startCluster,
  taskBody,
  writeSettings,
} from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { printed, ringback } from './commands.ts';

const SOON = { timeout: 60_000, interval: 50 };
const RULES = leastAcl({ prefix: '{ringback:*}', durability: 'replica', cluster: true });
const body = taskBody({ taskStatus: 1 });

async function install() {
  const set = await startCluster();
  for (const server of set.servers) await set.ask(server, 'ACL', 'SETUSER', 'ringback', 'on', '>secret', ...RULES);
  const redis = `${set.settings}, username: ringback, password: secret, durability: replica`;
  const settings = (shards: number) => (crmUrl: string) =>
    interfaceSettings({ crmUrl, prefix: 'ringback', redis: `${redis}, shards: ${shards}`, worker: 'lockDuration: 4s' })
      // Each refusal of the destination is a dead letter.
      .replace('attempts: 5', 'attempts: 1')
      // A key belongs to no shard.
      .concat(`privacy: { encrypt: { keys: [{ key: "${Buffer.alloc(32, 5).toString('base64')}" }] } }\n`);
  const one = await createInstallation({ settings: settings(1) });
  const { sink } = one;
  const three = { RINGBACK_CONFIG: await writeSettings(settings(3)(sink.url)) };
  const delivered = () => sink.requests.map(({ body: text }) => String(JSON.parse(String(text)).requestID));
  const claimsIn = async (shard: number) => {
    const keys = await Promise.all(
      set.servers.slice(0, 3).map((server) => set.ask(server, 'KEYS', `{ringback:${shard}}:ledger:*`)),
    );
    return keys.flat().filter((key) => !String(key).includes('.')).length;
  };
  const count = async () => set.ask(await set.primary(), 'GET', '{ringback:0}:shards');
  /** Has the primary of shard 1 nearly full meanwhile. */
  async function nearlyFull(work: () => Promise<void>): Promise<void> {
    const server = await set.primary('{ringback:1}:');
    await set.ask(server, 'SETRANGE', '{ringback:1}:ballast', 20_000_000, 'x');
    const [, used] = /\bused_memory:(\d+)/.exec(String(await set.ask(server, 'INFO', 'memory'))) ?? [];
    await set.ask(server, 'CONFIG', 'SET', 'maxmemory', Math.ceil(Number(used) / 0.96));
    await work();
    await set.ask(server, 'CONFIG', 'SET', 'maxmemory', 0);
    await set.ask(server, 'DEL', '{ringback:1}:ballast');
  }
  return { ...one, three, delivered, claimsIn, count, nearlyFull };
}

const post = (url: string, requestID: string) => postCallback({ ingress: url, requestID, body });

async function acked(url: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) await vi.waitFor(async () => expect(await post(url, id)).toMatchObject({ status: 200 }), SOON);
}

const many = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}${index}`);

async function deadLetters(env: Readonly<Record<string, string>>): Promise<number> {
  return (await printed(env, 'dead-letters', 'list', '--json')).split('\n').filter(Boolean).length;
}

type Env = Readonly<Record<string, string>>;

async function reshard(env: Env, args: readonly string[], code: number, words: string | RegExp): Promise<void> {
  const { out, err, ...ran } = await ringback(env, 'reshard', ...args);
  expect({ code: ran.code, said: out + err }).toEqual({ code, said: expect.stringMatching(words) });
}

/** Kills it as soon as it has said these words. It may have ended before. */
async function reshardKilledAfter(env: Env, words: string): Promise<void> {
  const command = startApp({ app: 'cli', env, args: ['reshard', '--to', '3'] });
  await vi.waitFor(() => expect(command.output.join('\n')).toContain(words), SOON);
  await command.stop('SIGKILL');
}

async function started(app: 'ingress' | 'worker', env: Readonly<Record<string, string>>) {
  const process = startApp({ app, env });
  return { process, url: String((await process.line(`${app} is up`))['url']) };
}

it('waits for workers, or says what is left; keeps dedupe and all that is kept, over kills, there and back', async () => {
  const { sink, env, three, startIngress, startWorker, delivered, claimsIn, count, nearlyFull } = await install();
  const ingress = await startIngress();
  const [good, bad, later, more, late] = [many('good', 20), many('bad', 8), many('later', 6), many('more', 20), many('late', 12)];
  await acked(ingress.url, good);
  await reshard(
    env,
    ['--to', '3', '--within', '1s'],
    1,
    /reshard --abort\n.* left \(\d+ in shard 0\)\. No worker runs: start one\./,
  );
  expect(await count()).toBe('1>3');
  await vi.waitFor(async () => expect((await post(ingress.url, 'two')).body.retMsg).toContain('RB_RESHARDING'), SOON);
  await reshard(env, ['--to', '4'], 1, 'RB_RESHARDING: .* from 1 to 3, not to 4');
  await reshard(env, ['--abort'], 0, 'nothing was changed');
  await nearlyFull(() => reshard(env, ['--to', '3'], 1, 'RB_OVERLOADED: the primary of shard \\d is nearly full'));
  expect(await count()).toBe('1');

  const worker = await startWorker();
  await vi.waitFor(() => expect(delivered().toSorted()).toEqual(good.toSorted()), SOON);
  sink.answer(() => 400);
  await acked(ingress.url, bad);
  await vi.waitFor(async () => expect(await deadLetters(env)).toBe(bad.length), SOON);
  sink.answer(() => 200);
  await printed(env, 'outputs', 'pause', 'crm');
  await acked(ingress.url, later);
  const before = delivered().length;

  for (const words of ['changing from 1 to 3', 'all callbacks are dispatched', 'shard 0: moved'])
    await reshardKilledAfter(env, words);
  expect(await worker.process.exit).toBe(1);
  await reshard(env, ['--to', '3'], 0, 'Set redis.shards: 3|nothing has to be moved');
  expect(await count()).toBe('3');
  const claims = await Promise.all([0, 1, 2].map(claimsIn));
  expect(claims.reduce((sum, own) => sum + own, 0)).toBe(good.length + bad.length + later.length);
  expect(Math.min(...claims)).toBeGreaterThan(0);
  await vi.waitFor(async () => expect((await post(ingress.url, 'other')).body.retMsg).toContain('RB_SHARDS_DIFFER'), SOON);

  const [ingress3, worker3] = await Promise.all([started('ingress', three), started('worker', three)]);
  await acked(ingress3.url, [...good, ...bad, ...later, ...more]);
  ingress3.process.signal('SIGSTOP');
  const answers = late.map((id) => post(ingress3.url, id));
  await reshard(three, ['--to', '1'], 0, 'Set redis.shards: 1');
  expect(await worker3.process.exit).toBe(1);
  expect(await Promise.all([1, 2].map(claimsIn))).toEqual([0, 0]);
  ingress3.process.signal('SIGCONT');
  const taken = (await Promise.all(answers)).flatMap(({ status }, index) => (status === 200 ? [late[index] ?? ''] : []));

  await startWorker();
  // By itself: the number is that of its settings again.
  await acked(ingress.url, [...good, ...bad, ...later, ...more, 'last']);
  await printed(env, 'outputs', 'resume', 'crm');
  await vi.waitFor(() => expect(delivered().slice(before)).toContain('last'), SOON);
  expect(await deadLetters(env)).toBe(bad.length);
  await printed(env, 'dead-letters', 'replay', '--yes');
  const wanted = [...bad, ...later, ...more, ...taken, 'last'].toSorted();
  await vi.waitFor(() => expect(delivered().slice(before).toSorted()).toEqual(wanted), SOON);
}, 300_000);
