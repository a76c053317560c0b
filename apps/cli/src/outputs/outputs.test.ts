import { createDeliveryProducer, noteOutputs, readBacklog } from '@ringback/queue';
import { freePort, startRedisServer, testCallback } from '@ringback/testkit';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { setUp } from './test-outputs.ts';

describe('outputs', () => {
  it('lists each with what stands in its queue, and pauses and resumes one for all workers', async () => {
    const { redis, prefix, queue, outputs } = await setUp();
    await redis.hset(`${prefix}:backlog`, { 'crm.count': 130, 'crm.held': 120, 'crm.bytes': 2500, 'crm.dropped': 7 });
    await queue.addBulk([1, 2, 3].map((n) => ({ name: 'job', data: { n }, opts: n === 3 ? { delay: 60_000 } : {} })));
    expect(await outputs('pause', 'crm')).toEqual({ code: 0, out: 'crm is paused\n', err: '' });
    expect(await queue.isPaused()).toBe(true);
    expect((await outputs()).out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['output', 'state', 'waiting', 'later', 'under way', 'dead letters', 'held', 'KiB', 'dropped', 'oldest'],
      ['crm', 'paused', '2', '1', '0', '0', '120', '3', '7', expect.stringMatching(/^\d+[sm]$/)],
      ['log', 'no worker', '0', '0', '0', '0', '0', '0', '0', '-'],
      [expect.stringMatching(/^no worker runs: 0 batches/)],
      [''],
    ]);
    expect(await outputs('resume', 'crm')).toEqual({ code: 0, out: 'crm is resumed\n', err: '' });
    expect(await queue.isPaused()).toBe(false);
  });

  it('shows an output that left the settings until its queue is empty', async () => {
    const { redis, prefix, outputs } = await setUp();
    const old = new Queue('output.old', { connection: redis, prefix });
    onTestFinished(() => old.close());
    await redis.sadd(`${prefix}:outputs`, 'crm', 'log', 'old', 'empty');
    await old.addBulk([1, 2].map((n) => ({ name: 'job', data: { n } })));
    const lines = (await outputs()).out.split('\n');
    expect(lines[3]?.split(/ {2,}/).slice(0, -1)).toEqual(['old', 'removed', '2', '0', '0', '0', '0', '0', '0']);
    expect(lines[4]).toContain('ringback outputs move');
    expect(lines).toHaveLength(7);
  });

  it('says that workers run different settings, and what the newest add, remove and change', async () => {
    const { redis, prefix, outputs } = await setUp();
    const worker = (id: string, startedAt: number, parts: Record<string, string>) =>
      redis
        .multi()
        .set(`${prefix}:process:${id}`, JSON.stringify({ id, app: 'worker', version: '1', host: id, pid: 7, startedAt, parts }))
        .sadd(`${prefix}:processes`, id)
        .exec();
    await worker('a', 1, { 'output old': '1', 'output crm': '1' });
    await worker('b', 2, { 'output new': '1', 'output crm': '2' });
    const { out } = await outputs();
    expect(out).toContain('RB_SETTINGS_DIFFER: workers run different settings or versions; the newest: b:7\n');
    expect(out).toContain('  a:7: the newest adds output new. the newest removes output old. the newest changes output crm\n');
  });

  it('says which outputs there are when none has the name', async () => {
    const { outputs } = await setUp();
    const { code, err } = await outputs('pause', 'crn');
    expect({ code, err }).toEqual({
      code: 1,
      err: 'RB_OUTPUT_UNKNOWN: no output is called crn; did you mean crm? Known: crm, log\n',
    });
  });
});

describe('what a removed output left', () => {
  async function withRemoved() {
    const all = await setUp();
    const { redis, prefix } = all;
    await noteOutputs({ redis, prefix }, ['crm', 'log', 'old']);
    const retry = { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 };
    const producer = createDeliveryProducer({ redis, prefix, output: 'old', delivery: { retry }, nearlyFull: () => false });
    onTestFinished(() => producer.close());
    await producer.addBatch({ id: 'b1', callbacks: [testCallback('x'), testCallback('y')], again: false });
    await producer.addFailed({
      batch: 'b2',
      callback: testCallback('z'),
      spent: { attempts: 1, uncounted: 0 },
      outcome: 'retry',
      fault: 'theirs',
      waitMs: 10,
    });
    return all;
  }
  const serveOld = ({ redis, prefix }: { redis: Redis; prefix: string }) => {
    const worker = { id: 'a', app: 'worker', version: '1', host: 'h', pid: 7, startedAt: 1, parts: { 'output old': 'x' } };
    return redis.multi().set(`${prefix}:process:a`, JSON.stringify(worker)).sadd(`${prefix}:processes`, 'a').exec();
  };
  const holds = '2 jobs (1 waiting, 1 later, 0 under way, 0 dead letters)';

  it('is moved to an output of the settings, if --yes is said', async () => {
    const { queue, cli, outputs, redis, prefix } = await withRemoved();
    expect(await outputs('move', 'old', 'crm')).toEqual({
      code: 1,
      out: '',
      err: `${holds} would be moved from old to crm: say --yes to do it\n`,
    });
    expect(await queue.getJobCountByTypes('waiting', 'delayed')).toBe(0);
    const replay = await cli('dead-letters', 'replay', '--output', 'old', '--yes');
    expect(replay).toMatchObject({ code: 1, out: 'replayed 0 of 2\n' });
    expect(replay.err).toMatch(/^not replayed: \S+: RB_OUTPUT_REMOVED: .*: ringback outputs move old <other>/);
    const moved = { code: 0, out: 'moved 3 deliveries from old to crm\n', err: '' };
    expect(await outputs('move', 'old', 'crm', '--yes')).toEqual(moved);
    expect(await queue.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 0, delayed: 1 });
    expect((await readBacklog({ redis, prefix })).get('crm')).toMatchObject({ held: 2 });
    expect((await outputs()).out).not.toContain('removed');
  });

  it('is purged, if --yes is said, and the output is forgotten', async () => {
    const { redis, prefix, outputs } = await withRemoved();
    expect((await outputs('purge', 'old')).err).toBe(`${holds} of old would be purged for good: say --yes to do it\n`);
    expect(await outputs('purge', 'old', '--yes')).toEqual({ code: 0, out: `purged ${holds} of old\n`, err: '' });
    expect(await redis.smembers(`${prefix}:outputs`)).not.toContain('old');
    expect(await redis.keys(`${prefix}:output.old:*`)).toEqual([]);
    expect((await outputs('purge', 'old', '--yes')).err).toMatch(/^RB_OUTPUT_UNKNOWN: no output is called old/);
  });

  it('is not touched while the output is in the settings, or in those of a worker that runs', async () => {
    const { redis, prefix, outputs } = await withRemoved();
    for (const args of [
      ['purge', 'crm'],
      ['move', 'crm', 'log'],
    ]) {
      expect(await outputs(...args, '--yes')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^RB_OUTPUT_IN_USE: crm is in/),
      });
    }
    expect((await outputs('move', 'old', 'older', '--yes')).err).toMatch(/^RB_OUTPUT_UNKNOWN: no output is called older/);
    await serveOld({ redis, prefix });
    for (const args of [
      ['purge', 'old'],
      ['move', 'old', 'crm'],
    ]) {
      expect(await outputs(...args, '--yes')).toMatchObject({ code: 1, err: expect.stringMatching(/^RB_OUTPUT_IN_USE: .*h:7/) });
    }
  });

  it('is no dead letter while a worker that runs has the output in its settings', async () => {
    const { redis, prefix, cli } = await withRemoved();
    await serveOld({ redis, prefix });
    expect((await cli('dead-letters', 'list')).out).toBe('nothing is kept that fits\n');
    expect((await cli('dead-letters', 'purge', '--output', 'old', '--yes')).err).toBe('nothing is kept that fits\n');
    await redis.del(`${prefix}:process:a`);
    expect((await cli('dead-letters', 'purge', '--yes')).out).toBe('purged 2 of 2\n');
  });
});

describe('dispatch', () => {
  it('is paused and resumed for all workers, and shown, by outputs as well', async () => {
    const { redis, prefix, cli, outputs } = await setUp();
    const callbacks = new Queue('callbacks', { connection: redis, prefix });
    onTestFinished(() => callbacks.close());
    await callbacks.add('batch', { n: 1 });
    const waits = '1 batch of callbacks waits, 0 are under way';
    const [none, paused] = [
      `no worker runs: ${waits} (start one: what was acked waits for it)\n`,
      `dispatching is paused: ${waits} (go on: ringback dispatch resume)\n`,
    ];
    expect(await cli('dispatch')).toEqual({ code: 0, out: none, err: '' });
    expect((await outputs()).out).toContain(none);
    const worker = { id: 'a', app: 'worker', version: '1', host: 'h', pid: 7, startedAt: 1, parts: {} };
    await redis.multi().set(`${prefix}:process:a`, JSON.stringify(worker)).sadd(`${prefix}:processes`, 'a', 'gone').exec();
    expect(await cli('dispatch')).toEqual({ code: 0, out: `dispatching is running: ${waits}\n`, err: '' });
    expect(await cli('dispatch', 'pause')).toEqual({ code: 0, out: paused, err: '' });
    expect(await callbacks.isPaused()).toBe(true);
    expect((await outputs()).out).toContain(paused);
    expect((await cli('dispatch', 'resume')).out).toContain('dispatching is running');
    expect(await callbacks.isPaused()).toBe(false);
  });
});

describe('a read-only replica', () => {
  it('is read from, and what would write says in plain words that it cannot', async () => {
    const { url } = await startRedisServer();
    const { redis, cli } = await setUp({ url, prefix: 'test' });
    await redis.replicaof('127.0.0.1', await freePort());
    expect(await cli('outputs')).toMatchObject({ code: 0, err: '' });
    expect(await cli('dead-letters', 'list')).toMatchObject({ code: 0, err: expect.not.stringContaining('RB_') });
    const refused = { code: 1, err: expect.stringMatching(/^RB_REDIS_REFUSES: READONLY: [^\n]+\n$/) };
    expect(await cli('dispatch', 'pause')).toMatchObject(refused);
  }, 180_000);
});
