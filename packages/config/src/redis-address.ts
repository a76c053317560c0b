import { RingbackError } from '@ringback/contracts';
import type { SettingsDocument } from './document.ts';
import type { AnySettings } from './schema.ts';
import { join, type Problems } from './problem.ts';

type Redis = AnySettings['redis'];
type Options = {
  readonly document: SettingsDocument;
  readonly problems: Problems;
  readonly redis: Redis;
  readonly worker: AnySettings['worker'];
};

/** What the schema of the section `redis` cannot say: which keys do not go together. */
export function checkRedis({ document, problems, redis, worker }: Options): void {
  const reportAt = (all: readonly (string | number)[], text: string) =>
    problems.report(document.placeOf(document.nodeAt(all).node), all.reduce<string>(join, ''), text);
  const report = (keys: readonly string[], text: string) => reportAt(['redis', ...keys], text);
  if (redis.shards > 1 && !redis.cluster)
    report(
      ['shards'],
      `is ${redis.shards}, and only on a Redis Cluster may it be more than 1: name redis.cluster, or take the key out`,
    );
  for (const [index, shard] of (worker.shards ?? []).entries())
    if (shard >= redis.shards)
      reportAt(
        ['worker', 'shards', index],
        `is ${shard}, and redis.shards is ${redis.shards}: the last shard is ${redis.shards - 1}`,
      );
  if (redis.cluster && redis.database !== undefined && redis.database > 0) {
    report(['database'], `is ${redis.database}, and a Redis Cluster has none but 0; take the key out`);
  }
  for (const keys of [['tls'], ['sentinel', 'tls']]) {
    const tls = keys.length === 1 ? redis.tls : redis.sentinel?.tls;
    if (tls && (tls.cert === undefined) !== (tls.key === undefined))
      report(keys, 'a certificate needs its key: write certFile and keyFile');
  }
  checkUrl(redis, report);
}

/** A URL may hold what other keys hold. Two places for one thing is one too many. */
function checkUrl(redis: Redis, report: (keys: readonly string[], text: string) => void): void {
  const url = urlOf(redis);
  if (!url) return;
  const twice = (key: 'username' | 'password' | 'database', inUrl: string) => {
    if (inUrl !== '' && redis[key] !== undefined) report([key], `is in redis.url as well; keep one of them`);
  };
  twice('username', url.username);
  twice('password', url.password);
  twice('database', url.pathname.slice(1));
  if (redis.tls && url.protocol === 'redis:')
    report(['tls'], 'is given, and redis.url begins with redis://; write rediss:// for TLS');
}

/** Undefined if there is none, or none yet: for some commands the secrets may be missing. */
function urlOf({ url }: Redis): URL | undefined {
  if (url === undefined) return undefined;
  try {
    return new URL(url.reveal());
  } catch (error) {
    if (error instanceof RingbackError) return undefined;
    throw error;
  }
}
