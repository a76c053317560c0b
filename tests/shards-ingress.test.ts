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

const FEW = ids('few', 60);

/** Ingresses on a cluster of three primaries without replicas: what one of them holds is away with it. */
async function install(set: RedisSet, { prefix, ingress = '' }: { prefix: string; ingress?: string }) {
  const redis = `${set.settings}, shards: ${SHARDS}`;
  const common = { prefix, redis, ingress: `enqueueTimeout: 10s, drainDelay: 0s, ${ingress}` };
  const { startIngress } = await createInstallation({ settings: (crmUrl) => interfaceSettings({ crmUrl, ...common }) });
  return startIngress;
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
async function shardsOn(set: RedisSet, server: RedisSet['servers'][number], prefix: string): Promise<number[]> {
  const owners = await Promise.all(ids('', SHARDS).map((shard) => set.primary(`{${prefix}:${shard}}:`)));
  return owners.flatMap((owner, shard) => (owner === server ? [shard] : []));
}

/** The ids of the callbacks that wait in each shard, with repeats. What is on a server that is down is left out. */
async function queued({ servers, ask }: RedisSet, prefix: string): Promise<string[][]> {
  const found = ids('', SHARDS).map((): string[] => []);
  const listed = (reply: unknown) => (Array.isArray(reply) ? reply.map(String) : []);
  for (const server of servers) {
    for (const [shard, held] of found.entries()) {
      const queue = `{${prefix}:${shard}}:callbacks`;
      const jobs = listed(await ask(server, 'LRANGE', `${queue}:wait`, 0, -1).catch(() => []));
      const texts = await Promise.all(jobs.map((job) => ask(server, 'HGET', `${queue}:${job}`, 'data')));
      held.push(...texts.flatMap((text) => [...String(text).matchAll(/"id":"(\w+)"/g)].map(([, id = '']) => id)));
    }
  }
  return found.map((held) => held.toSorted());
}

/** What became of each id, if it belongs to one of these shards, and if it does not. */
async function postAll(ingress: Ingress, all: readonly string[], shards: readonly number[]) {
  const answers = await Promise.all(all.map(async (id) => [id, await post(ingress, id)] as const));
  const of = (inside: boolean) =>
    new Set(answers.filter(([id]) => shards.includes(shardOfId(id)) === inside).map(([, answer]) => answer));
  return { these: [...of(true)], others: [...of(false)] };
}

it('a callback goes to the shard of its key, and a primary that is away or full refuses only those of its own shards', async () => {
  const set = await startCluster({ replicas: false, settings: ['--cluster-require-full-coverage', 'no'] });
  const folder = await mkdtemp(join(tmpdir(), 'ringback-spool-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const startIngress = await install(set, { prefix: 'ringback' });
  const startSpooling = await install(set, { prefix: 'spooled', ingress: `spool: { path: ${join(folder, 'spool.sqlite')} }` });
  const [ingress, other, spooling] = await Promise.all([startIngress(), startIngress(), startSpooling()]);
  await Promise.all([ready(ingress), ready(other), ready(spooling, { spooling: 0 })]);

  // Both take each of them.
  const all = ids('id', 200);
  const allAcked = { these: [], others: ['200'] };
  expect(await Promise.all([ingress, other].map((one) => postAll(one, all, [])))).toEqual([allAcked, allAcked]);
  const twice = [...all, ...all].toSorted();
  expect(await queued(set, 'ringback')).toEqual(
    ids('', SHARDS).map((shard) => twice.filter((id) => shardOfId(id) === Number(shard))),
  );
  const full = await set.primary('{ringback:0}:');

  // Below what makes Redis itself refuse.
  const ofFull = await shardsOn(set, full, 'ringback');
  const [, used] = /\bused_memory:(\d+)/.exec(String(await set.ask(full, 'INFO', 'memory'))) ?? [];
  await set.ask(full, 'CONFIG', 'SET', 'maxmemory', Math.ceil(Number(used) / 0.9));
  await notReady(ingress, ofFull, 'RB_OVERLOADED');
  expect(await postAll(ingress, FEW, ofFull)).toEqual({ these: ['503 RB_OVERLOADED'], others: ['200'] });
  await set.ask(full, 'CONFIG', 'SET', 'maxmemory', 0);
  await Promise.all([ready(ingress), ready(spooling, { spooling: 0 })]);

  const owners = await Promise.all(ids('', SHARDS).map((shard) => set.primary(`{ringback:${shard}}:`)));
  const dead = owners.find((owner) => owner !== full) ?? full;
  const [ofDead, spooled] = [await shardsOn(set, dead, 'ringback'), await shardsOn(set, dead, 'spooled')];
  await dead.kill();
  const starting = startIngress();
  await notReady(ingress, ofDead, 'RB_REDIS_UNAVAILABLE');
  expect(await postAll(ingress, FEW, ofDead)).toEqual({ these: ['503 RB_QUEUE_UNAVAILABLE'], others: ['200'] });
  expect(await admin(ingress, '/livez')).toMatchObject({ status: 'live', shardsNotReady: [{ shards: ofDead }] });
  const away = ingress.process.lines.filter(
    ({ msg, connection }) => msg === 'redis is away' && connection === 'ringback-ingress',
  );
  expect(new Set(away.map(({ shard }) => shard))).toEqual(new Set(ofDead));
  const up = (await starting).process.lines.find(({ msg }) => msg === 'ingress is up');
  expect(up).toMatchObject({ redis: 'partly away', shardsAway: ofDead });

  // With a spool all are taken, and those of the other shards do not wait in it.
  expect(await postAll(spooling, all, spooled)).toEqual({ these: ['200'], others: ['200'] });
  const waiting = all.filter((id) => spooled.includes(shardOfId(id)));
  await ready(spooling, { spooling: waiting.length });
  expect((await queued(set, 'spooled')).flat().toSorted()).toEqual(all.filter((id) => !waiting.includes(id)).toSorted());

  await dead.start();
  await Promise.all([ready(ingress), ready(spooling, { spooling: 0 })]);
  expect(await postAll(ingress, FEW, ofDead)).toEqual({ these: ['200'], others: ['200'] });
  expect((await queued(set, 'spooled')).flat().toSorted()).toEqual(all.toSorted());
}, 300_000);
