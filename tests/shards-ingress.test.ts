import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callbackKey, shardOf } from '@ringback/contracts';
import {
  type AppProcess,
  createInstallation,
  interfaceSettings,
  postCallback,
  type RedisSet,
  SAMPLE_ACCOUNT,
  startCluster,
  taskBody,
} from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';

const SHARDS = 8;
const SOON = { timeout: 60_000, interval: 50 };
const body = taskBody({ taskStatus: 1 });
const ids = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}${index}`);
const shardOfId = (id: string) => shardOf(callbackKey({ source: 'callbot', account: SAMPLE_ACCOUNT.uuid, id }), SHARDS);

type Ingress = { url: string; adminUrl: string; process: AppProcess };

/** Ingresses on a cluster of three primaries without replicas: what one of them holds is away with it. */
async function install(ingress = '') {
  const set = await startCluster({ replicas: false, settings: ['--cluster-require-full-coverage', 'no'] });
  const redis = `${set.settings}, shards: ${SHARDS}`;
  const { startIngress } = await createInstallation({
    settings: (crmUrl) =>
      interfaceSettings({ crmUrl, prefix: 'ringback', redis, ingress: `enqueueTimeout: 10s, drainDelay: 0s, ${ingress}` }),
  });
  return { set, startIngress };
}

async function post(ingress: Ingress, requestID: string): Promise<string> {
  const { status, body: answer } = await postCallback({ ingress: ingress.url, requestID, body });
  return status === 200 ? '200' : `${status} ${answer.retMsg.split(':')[0]}`;
}

type Told = { status: string; shardsNotReady?: { shards: number[]; reasons: string[] }[] };

async function admin({ adminUrl }: Ingress, page: string): Promise<Told> {
  return (await (await fetch(new URL(page, adminUrl))).json()) as Told;
}

/** Waits until all shards take callbacks. */
const ready = (ingress: Ingress, facts = {}) =>
  vi.waitFor(async () => expect(await admin(ingress, '/readyz')).toEqual({ status: 'ready', ...facts }), SOON);

/** Waits until the ingress is ready, and says that it is so without these shards alone, for this reason. */
async function notReady(ingress: Ingress, shards: readonly number[], code: string): Promise<void> {
  await vi.waitFor(async () => {
    const { status, shardsNotReady = [] } = await admin(ingress, '/readyz');
    expect(status).toBe('ready');
    expect(shardsNotReady.flatMap((group) => group.shards).toSorted((a, b) => a - b)).toEqual(shards);
    expect(shardsNotReady.flatMap(({ reasons }) => reasons.map((reason) => reason.split(':')[0]))).toContain(code);
  }, SOON);
}

/** The shards that a server holds. */
async function shardsOn(set: RedisSet, server: RedisSet['servers'][number]): Promise<number[]> {
  const owners = await Promise.all(ids('', SHARDS).map((shard) => set.primary(`{ringback:${shard}}:`)));
  return owners.flatMap((owner, shard) => (owner === server ? [shard] : []));
}

/** The ids of the callbacks that wait in each shard, with repeats. */
async function queued(set: RedisSet): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  const listed = (reply: unknown) => (Array.isArray(reply) ? reply.map(String) : []);
  for (const server of set.servers) {
    // One that is down holds nothing now.
    const ask = (...[command, ...args]: [string, ...(string | number)[]]) => set.ask(server, command, ...args);
    for (const key of listed(await ask('KEYS', '*:callbacks:wait').catch(() => []))) {
      const [prefix = '', shard = ''] = /^\{ringback:(\d+)\}/.exec(key) ?? [];
      const jobs = listed(await ask('LRANGE', key, 0, -1));
      const texts = await Promise.all(jobs.map((job) => ask('HGET', `${prefix}:callbacks:${job}`, 'data')));
      found.set(
        Number(shard),
        texts.flatMap((text) => [...String(text).matchAll(/"id":"(\w+)"/g)].map(([, id = '']) => id)),
      );
    }
  }
  return found;
}

/** What became of each id, if it belongs to one of these shards, and if it does not. */
async function postAll(ingress: Ingress, all: readonly string[], shards: readonly number[]) {
  const answers = await Promise.all(all.map(async (id) => [id, await post(ingress, id)] as const));
  const of = (inside: boolean) =>
    new Set(answers.filter(([id]) => shards.includes(shardOfId(id)) === inside).map(([, answer]) => answer));
  return { these: [...of(true)], others: [...of(false)] };
}

it('a callback goes to the shard of its key, and a primary that is away or full refuses only those of its own shards', async () => {
  const { set, startIngress } = await install();
  const [ingress, other] = await Promise.all([startIngress(), startIngress()]);
  for (const one of [ingress, other]) await ready(one);
  const all = ids('id', 200);
  const twice = await Promise.all([ingress, other].map((one) => postAll(one, all, [])));
  expect(twice).toEqual([
    { these: [], others: ['200'] },
    { these: [], others: ['200'] },
  ]);
  const found = await queued(set);
  expect(new Set(found.keys())).toEqual(new Set(ids('', SHARDS).map(Number)));
  for (const [shard, held] of found) {
    // Both ingresses took each of them.
    expect(held.toSorted()).toEqual(
      all
        .filter((id) => shardOfId(id) === shard)
        .flatMap((id) => [id, id])
        .toSorted(),
    );
    expect(held.length).toBeGreaterThan(20);
  }
  // Nothing that is of no shard.
  const full = await set.primary('{ringback:0}:');
  const keys = (await Promise.all(set.servers.map((server) => set.ask(server, 'KEYS', '*')))).flat().map(String);
  expect(keys.filter((key) => !/^\{ringback:\d\}:/.test(key))).toEqual(['ringback:prefixes'].filter((key) => keys.includes(key)));

  const ofFull = await shardsOn(set, full);
  // Below what makes Redis itself refuse.
  const [, used] = /\bused_memory:(\d+)/.exec(String(await set.ask(full, 'INFO', 'memory'))) ?? [];
  await set.ask(full, 'CONFIG', 'SET', 'maxmemory', Math.ceil(Number(used) / 0.9));
  await notReady(ingress, ofFull, 'RB_OVERLOADED');
  expect(await postAll(ingress, ids('full', 60), ofFull)).toEqual({ these: ['503 RB_OVERLOADED'], others: ['200'] });
  await set.ask(full, 'CONFIG', 'SET', 'maxmemory', 0);
  await ready(ingress);

  const owners = await Promise.all(ids('', SHARDS).map((shard) => set.primary(`{ringback:${shard}}:`)));
  const dead = owners.find((owner) => owner !== full) ?? full;
  const ofDead = await shardsOn(set, dead);
  await dead.kill();
  await notReady(ingress, ofDead, 'RB_REDIS_UNAVAILABLE');
  expect(await postAll(ingress, ids('dead', 60), ofDead)).toEqual({ these: ['503 RB_QUEUE_UNAVAILABLE'], others: ['200'] });
  expect(await admin(ingress, '/livez')).toMatchObject({ status: 'live', shardsNotReady: [{ shards: ofDead }] });
  const lines = ingress.process.lines.filter(
    ({ msg, connection }) => msg === 'redis is away' && connection === 'ringback-ingress',
  );
  expect(new Set(lines.map(({ shard }) => shard))).toEqual(new Set(ofDead));
  const started = await startIngress();
  expect(started.process.lines.find(({ msg }) => msg === 'ingress is up')).toMatchObject({
    redis: 'partly away',
    shardsAway: ofDead,
  });
  await dead.start();
  await ready(ingress);
  expect(await postAll(ingress, ids('after', 60), ofDead)).toEqual({ these: ['200'], others: ['200'] });
}, 120_000);

it('with a spool, a shard that is away holds up no other, and nothing acked is lost or doubled when it is back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-spool-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { set, startIngress } = await install(`spool: { path: ${join(folder, 'spool.sqlite')} }`);
  const ingress = await startIngress();
  await ready(ingress, { spooling: 0 });
  const dead = await set.primary('{ringback:0}:');
  const ofDead = await shardsOn(set, dead);
  await dead.kill();
  const all = ids('id', 200);
  expect(await postAll(ingress, all, ofDead)).toEqual({ these: ['200'], others: ['200'] });
  const away = all.filter((id) => ofDead.includes(shardOfId(id)));
  await ready(ingress, { spooling: away.length });
  expect(
    [...(await queued(set)).values()]
      .flat()

      .toSorted(),
  ).toEqual(all.filter((id) => !away.includes(id)).toSorted());
  await ingress.process.stop('SIGKILL');
  const second = await startIngress();
  expect(await admin(second, '/readyz')).toMatchObject({ spooling: away.length });
  await dead.start();
  await ready(second, { spooling: 0 });
  const found = [...(await queued(set)).values()].flat();
  expect(found.toSorted()).toEqual(all.toSorted());
}, 120_000);
