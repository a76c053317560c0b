import { RingbackError } from '@ringback/contracts';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './load.ts';
import { load, outputTypes, settings, sourceTypes } from './test-settings.ts';
const FULL = `
log: { level: warn }
ingress:
  { host: 127.0.0.1, port: 0, adminHost: '::', adminPort: 1234, bodyLimit: 64KiB, enqueueTimeout: 500ms, drainDelay: 3s, shutdownGrace: 1s,
    headerLimit: 8KiB, maxInFlight: 9, maxBytesInFlight: 3MiB, maxConnections: 99, headersTimeout: 1s, requestTimeout: 2s, keepAliveTimeout: 3s }
worker: { adminHost: 10.0.0.1, adminPort: 1235, concurrency: 7, lockDuration: 1m, shutdownGrace: 2s, stuckAfter: 30s }
redis:
  url: rediss://user:pass@redis.example:6380/2
  prefix: my_ring-1
  durability: replica
  overload: { memory: { high: 90%, low: 50% }, depth: { high: 2000, low: 1000 } }
dedupe: { window: 7d, businessKey: true }
sources:
  - name: callbot
    type: callbot
    accounts:
      - { uuid: a, secrets: [one, two], algorithm: sha256 }
      - { uuid: b, secrets: [three] }
outputs:
  - name: crm
    type: webhook
    url: https://crm.example/hook
    headers: { Authorization: 'Bearer abc' }
    sampleRate: 0.5
    verbose: true
    timeout: 5s
    concurrency: 3
    retry: { attempts: 5, maxDelay: 5s }
    breaker: { enabled: false, cooldown: 1m }
    backlog: { max: 10%, over: dead-letter }
    rateLimit: { max: 10, per: 1m }
  - name: unused
    type: stdout
routes:
  - to: [crm]
  - match: callbot.task.*
    when: data.taskStatus == 3
    to: [crm, unused]
  - match: [callbot.call, callbot.order]
    to: [crm]
`;

describe('loadConfig', () => {
  it('decodes every setting', () => {
    const { redis, sources, outputs, ...rest } = load(FULL);
    expect(rest).toEqual({
      log: { level: 'warn' },
      ingress: {
        host: '127.0.0.1',
        port: 0,
        adminHost: '::',
        adminPort: 1234,
        bodyLimit: 65_536,
        enqueueTimeout: 500,
        drainDelay: 3000,
        shutdownGrace: 1000,
        headerLimit: 8192,
        maxInFlight: 9,
        maxBytesInFlight: 3_145_728,
        maxConnections: 99,
        headersTimeout: 1000,
        requestTimeout: 2000,
        keepAliveTimeout: 3000,
      },
      worker: {
        adminHost: '10.0.0.1',
        adminPort: 1235,
        concurrency: 7,
        lockDuration: 60_000,
        shutdownGrace: 2000,
        stuckAfter: 30_000,
      },
      dedupe: { window: 604_800_000, businessKey: true },
      settings: { watch: false },
      quarantine: { maxCount: 10_000, maxSize: 67_108_864, unrouted: { maxCount: 20_000, maxSize: 67_108_864 } },
      routes: [
        { match: ['*'], to: ['crm'] },
        { match: ['callbot.task.*'], when: 'data.taskStatus == 3', to: ['crm', 'unused'] },
        { match: ['callbot.call', 'callbot.order'], to: ['crm'] },
      ],
    });
    expect([redis.url?.reveal(), redis.prefix]).toEqual(['rediss://user:pass@redis.example:6380/2', 'my_ring-1']);
    expect(redis).toMatchObject({
      durability: 'replica',
      overload: { memory: { high: 0.9, low: 0.5 }, depth: { high: 2000, low: 1000 } },
    });
    expect(sources).toMatchObject([
      {
        name: 'callbot',
        type: 'callbot',
        settings: {
          accounts: [
            { uuid: 'a', algorithm: 'sha256' },
            { uuid: 'b', algorithm: 'md5' },
          ],
        },
      },
    ]);
    expect(outputs).toMatchObject([
      { name: 'crm', type: 'webhook', settings: { sampleRate: 0.5, verbose: true } },
      { name: 'unused', type: 'stdout', settings: {} },
    ]);
    expect(Object.keys(outputs[0]?.settings ?? {}).toSorted()).toEqual(['headers', 'sampleRate', 'url', 'verbose']);
    expect(outputs[0]?.delivery).toEqual({
      timeout: 5000,
      concurrency: 3,
      retry: { attempts: 5, giveUpAfter: 259_200_000, minDelay: 1000, maxDelay: 5000 },
      breaker: { enabled: false, failures: 10, failingFor: 60_000, cooldown: 60_000, maxHold: 600_000 },
      backlog: { max: { share: 0.1 }, over: 'dead-letter' },
      rateLimit: { max: 10, per: 60_000 },
    });
  });

  it('fills in what may be left out', () => {
    const { log, ingress, worker, dedupe, redis, outputs } = load(settings());
    expect({ log, ingress, worker, dedupe }).toEqual({
      log: { level: 'info' },
      ingress: {
        host: '0.0.0.0',
        port: 8080,
        adminHost: '127.0.0.1',
        bodyLimit: 1_048_576,
        enqueueTimeout: 2000,
        drainDelay: 2000,
        shutdownGrace: 10_000,
        headerLimit: 16_384,
        maxInFlight: 2000,
        maxBytesInFlight: 268_435_456,
        maxConnections: 10_000,
        headersTimeout: 10_000,
        requestTimeout: 30_000,
        keepAliveTimeout: 75_000,
      },
      worker: { adminHost: '127.0.0.1', concurrency: 4, lockDuration: 10_000, shutdownGrace: 20_000, stuckAfter: 60_000 },
      dedupe: { window: 86_400_000, businessKey: false },
    });
    expect(redis).toMatchObject({ prefix: 'ringback', durability: 'memory', overload: { memory: { high: 0.8, low: 0.7 } } });
    expect(outputs[0]?.delivery).toEqual({
      timeout: 10_000,
      concurrency: 32,
      retry: { attempts: 60, giveUpAfter: 259_200_000, minDelay: 1000, maxDelay: 3_600_000 },
      breaker: { enabled: true, failures: 10, failingFor: 60_000, cooldown: 10_000, maxHold: 600_000 },
      backlog: { over: 'hold' },
    });
  });

  it('uses the Redis of the file, else that of REDIS_URL', () => {
    const env = { REDIS_URL: 'redis://from-env' };
    expect(load(settings({ redis: '' }), { env }).redis.url?.reveal()).toBe('redis://from-env');
    expect(load(settings({ redis: 'redis: { prefix: p }' }), { env }).redis.url?.reveal()).toBe('redis://from-env');
    expect(load(settings(), { env }).redis.url?.reveal()).toBe('redis://127.0.0.1:6379');
  });

  it('needs no outputs and no routes to start with', () => {
    const { outputs, routes } = load(settings({ outputs: 'outputs: []', routes: 'routes: []' }));
    expect([outputs, routes]).toEqual([[], []]);
  });

  it('prints no secret, and cannot be changed', () => {
    const config = load(FULL);
    expect(JSON.stringify(config)).not.toMatch(/pass@|"one"|"three"|Bearer|crm\.example/);
    expect(() => Object.assign(config.ingress, { port: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config.outputs[0]?.delivery.retry ?? {}, { attempts: 1 })).toThrow(TypeError);
  });

  it('does not mix up what stands behind two aliases', () => {
    const outputs = `
outputs:
  - { name: out, type: stdout, retry: &slow { attempts: 3, minDelay: 1m } }
  - { name: two, type: stdout, retry: *slow }`;
    const delays = load(settings({ outputs })).outputs.map(({ delivery }) => delivery.retry);
    const slow = { attempts: 3, giveUpAfter: 259_200_000, minDelay: 60_000, maxDelay: 3_600_000 };
    expect(delays).toEqual([slow, slow]);
  });
});

const unreadable = (path: string, readFile?: () => Uint8Array) => {
  const options = { path, env: {}, sourceTypes, outputTypes, checkCondition: () => undefined };
  return () => loadConfig(readFile === undefined ? options : { ...options, readFile });
};

describe('a settings file that cannot be read', () => {
  it.each([
    ['/nowhere/ringback.yaml', 'there is no such file'],
    ['/', 'it is a folder'],
  ])('%s: %s', (path, reason) => {
    expect(unreadable(path)).toThrow(new RingbackError('RB_CONFIG_UNREADABLE', `${path} cannot be read: ${reason}`));
    expect(unreadable(path)).toThrow(expect.objectContaining({ code: 'RB_CONFIG_UNREADABLE' }));
  });

  it('is not text', () => {
    expect(unreadable('x.yaml', () => Buffer.from([0x61, 0xff]))).toThrow('x.yaml cannot be read: it is not text in UTF-8');
  });
});
