import { until } from '@ringback/redis-server';
import type { PrivateRedis } from './private-redis.ts';
import type { RedisSet } from './redis-sets.ts';

const WITHIN_MS = 90_000;

/** What happened when, in ms of `performance.now()`. */
export type Broken = {
  /** The primary before. */
  readonly old: PrivateRedis;
  /** It took no write after this. */
  readonly gone: number;
  /** It runs again since then. */
  readonly back: number;
};

/** SIGKILL. Once the set has another primary the killed server is started again, as a supervisor does. */
export async function killPrimary(set: RedisSet, key?: string): Promise<Broken> {
  const old = await set.primary(key);
  await old.kill();
  const gone = performance.now();
  await replaced(set, old, key);
  const back = performance.now();
  await old.start();
  return { old, gone, back };
}

/** SIGSTOP until the set has another primary, then SIGCONT: the old one still takes itself for the primary. */
export async function hangPrimary(set: RedisSet, key?: string): Promise<Broken> {
  const old = await set.primary(key);
  old.pause();
  const gone = performance.now();
  await replaced(set, old, key);
  const back = performance.now();
  old.resume();
  return { old, gone, back };
}

/** A forced failover. */
export async function handOver(set: RedisSet, key?: string): Promise<Pick<Broken, 'old'>> {
  const old = await set.primary(key);
  await set.failOver(key);
  return { old };
}

/** Waits until the set has another primary than this server. */
async function replaced(set: RedisSet, server: PrivateRedis, key?: string): Promise<void> {
  const isAnother = async () => (await set.primary(key).catch(() => server)) !== server;
  await until(isAnother, { withinMs: WITHIN_MS, what: () => 'another primary' });
}

/** Waits until a server that was the primary follows another one, and has all that it has. */
export async function demoted({ ask }: RedisSet, server: PrivateRedis): Promise<void> {
  const follows = async () => {
    const info = String(await ask(server, 'INFO', 'replication').catch(() => ''));
    return info.includes('role:slave') && info.includes('master_link_status:up');
  };
  await until(follows, { withinMs: WITHIN_MS, what: () => 'the old primary to follow the new one' });
}

/** Waits until the primary of `key` has a replica that is up to date. */
export async function followed({ primary, ask }: RedisSet, key?: string): Promise<void> {
  const hasReplica = async () =>
    /^slave\d+:.*state=online/m.test(String(await ask(await primary(key), 'INFO', 'replication').catch(() => '')));
  await until(() => hasReplica().catch(() => false), { withinMs: WITHIN_MS, what: () => 'a replica of the primary' });
}
