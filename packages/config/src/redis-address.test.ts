import { describe, expect, it } from 'vitest';
import { load, problems, settings } from './test-settings.ts';

const redis = (text: string) => settings({ redis: `redis: ${text}` });
const SENTINEL = 'sentinel: { name: mymaster, nodes: ["127.0.0.1:26379"] }';
const CLUSTER = 'cluster: { nodes: ["127.0.0.1:7001", "[::1]:7002"] }';
const env = { REDIS_URL: 'redis://from-env' };

describe('where Redis is', () => {
  it('is one of url, sentinel and cluster; REDIS_URL stands in only where none of them stands', () => {
    expect(load(redis('{ prefix: p }'), { env }).redis.url?.reveal()).toBe('redis://from-env');
    for (const place of [SENTINEL, CLUSTER]) expect(load(redis(`{ ${place} }`), { env }).redis.url).toBeUndefined();
    expect(load(redis(`{ ${SENTINEL} }`)).redis.sentinel).toEqual({ name: 'mymaster', nodes: ['127.0.0.1:26379'] });
    expect(load(redis(`{ ${CLUSTER} }`)).redis.cluster).toEqual({ nodes: ['127.0.0.1:7001', '[::1]:7002'] });
  });

  it('is a problem where none stands, and where more than one does, at the second one', () => {
    expect(problems(redis('{ prefix: p }'))).toEqual([
      '1:8 redis.url: is missing; write url, urlFile, sentinel or cluster, or set the environment variable REDIS_URL',
    ]);
    expect(problems(redis(`{ ${SENTINEL}, url: redis://a, ${CLUSTER} }`))).toEqual([
      '1:68 redis.url: sentinel is given as well; keep one of url, sentinel, cluster',
      '1:84 redis.cluster: sentinel is given as well; keep one of url, sentinel, cluster',
    ]);
    expect(problems(redis(`{ urlFile: url, ${CLUSTER} }`), { files: { url: 'redis://a' } })).toEqual([
      '1:24 redis.cluster: url is given as well; keep one of url, sentinel, cluster',
    ]);
  });

  it.each(['127.0.0.1', '127.0.0.1:0', 'redis://a:1', ':1', 'user@host:1'])('is no node: %s', (node) => {
    expect(problems(redis(`{ cluster: { nodes: ["${node}"] } }`))).toEqual([
      `1:29 redis.cluster.nodes[0]: "${node}" is not an address such as 10.0.0.1:6379`,
    ]);
  });

  it('takes user, password, TLS and database beside it; the sentinels have their own', () => {
    const text = `{ sentinel: { name: m, nodes: ["a:1"], passwordFile: s, tls: {} }, username: u, password: p, database: 3, tls: { caFile: ca, servername: redis } }`;
    const { sentinel, username, password, database, tls } = load(redis(text), { files: { s: 'sentinel\n', ca: 'PEM\n' } }).redis;
    expect([sentinel?.password?.reveal(), sentinel?.tls, username, password?.reveal(), database]).toEqual([
      'sentinel',
      {},
      'u',
      'p',
      3,
    ]);
    expect([tls?.ca?.reveal(), tls?.servername]).toEqual(['PEM', 'redis']);
  });

  it.each([
    [`{ ${CLUSTER}, database: 1 }`, 'redis.database: is 1, and a Redis Cluster has none but 0; take the key out'],
    [
      '{ url: redis://a, shards: 2 }',
      'redis.shards: is 2, and only on a Redis Cluster may it be more than 1: name redis.cluster, or take the key out',
    ],
    [`{ ${CLUSTER}, shards: 257 }`, 'redis.shards: 257 is'],
    ['{ url: redis://a, tls: {} }', 'redis.tls: is given, and redis.url begins with redis://; write rediss:// for TLS'],
    ['{ url: redis://u@a, username: v }', 'redis.username: is in redis.url as well; keep one of them'],
    ['{ url: "redis://:p@a", password: q }', 'redis.password: is in redis.url as well; keep one of them'],
    ['{ url: redis://a/1, database: 2 }', 'redis.database: is in redis.url as well; keep one of them'],
    [`{ ${CLUSTER}, tls: { cert: PEM } }`, 'redis.tls: a certificate needs its key: write certFile and keyFile'],
    [`{ ${CLUSTER}, tls: { caFile: gone } }`, 'redis.tls.caFile: gone cannot be read: there is no such file'],
  ])('is a problem: %s', (text, problem) => {
    expect(problems(redis(text))).toEqual([expect.stringMatching(/^1:\d+ /)]);
    expect(problems(redis(text))[0]).toContain(problem);
  });
});

it('names the shards that a worker serves, each of which there must be', () => {
  const text = (worker: string) => settings({ redis: `redis: { ${CLUSTER}, shards: 4 }\nworker: { shards: ${worker} }` });
  const { redis: read, worker } = load(text('[0, 3]'));
  expect([read.shards, worker.shards, load(redis(`{ ${CLUSTER} }`)).redis.shards]).toEqual([4, [0, 3], 1]);
  expect(problems(text('[1, 4]'))).toEqual(['2:23 worker.shards[1]: is 4, and redis.shards is 4: the last shard is 3']);
  for (const wrong of ['[]', '[1, 1]', '[-1]']) expect(problems(text(wrong))).toHaveLength(1);
});
