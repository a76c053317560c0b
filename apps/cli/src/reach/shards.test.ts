import { callbackKey, homeShardOf, type QuarantinedCallback, shardOf } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { callbackQueueState, createRouteCounts, createUnroutedQuarantine, noteOutputs, outputQueueState } from '@ringback/queue';
import { type RedisSet, startCluster, testCallback } from '@ringback/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookAtEveryShard } from '../doctor/test-on-cluster.ts';
import { runCli } from '../run-cli.ts';
import {
  arePaused,
  cellsOf,
  fail,
  heldAt,
  idsIn,
  installOn,
  inTurn,
  killPrimaryOf,
  producerOf,
  queueOf,
  SHARDS,
  type TestShard,
  withRemoved,
} from './test-shards.ts';

let set: RedisSet;
beforeAll(async () => {
  set = await startCluster();
}, 120_000);
afterAll(() => Promise.all(set.servers.map((server) => server.remove())));

const ALL = Array.from({ length: SHARDS }, (_, number) => number);

lookAtEveryShard(() => set);
describe('outputs and dispatch', () => {
  it('add up what stands on every shard, and pause and resume all of them', async () => {
    const { shards, cli } = await installOn(set, 'list');
    for (const [number, shard] of shards.entries()) {
      for (let job = 0; job <= number; job += 1) {
        await producerOf(shard, 'crm').addBatch({ id: `b${job}`, callbacks: [testCallback(`${number}.${job}`)], again: false });
        await queueOf(shard, 'callbacks').add('batch', { n: job });
      }
      await createRouteCounts(shard).dropped(new Map([['unwanted', number]]));
    }
    const waits = 'no worker runs: 10 batches of callbacks wait, 0 are under way (start one: what was acked waits for it)';
    const counts = 'dropped by routes so far: unwanted: 6';
    expect(await cli('dispatch')).toEqual({ success: true, out: [waits, counts], err: [] });
    const listed = await cli('outputs');
    expect(cellsOf(listed.out[1])).toEqual(['crm', 'no worker', '10', '0', '0', '0', '0', '0', '0', expect.any(String)]);
    expect(listed).toMatchObject({ success: true, out: expect.arrayContaining([waits, counts]), err: [] });

    const crm = (shard: TestShard) => outputQueueState('crm', shard);
    expect(await cli('outputs', 'pause', 'crm')).toEqual({ success: true, out: ['crm is paused'], err: [] });
    expect(await arePaused(shards, crm)).toEqual([true, true, true, true]);
    await crm(shards[0]).resume();
    const partly = await cli('outputs');
    expect(cellsOf(partly.out[1])?.[1]).toBe('paused');
    expect(partly.out).toContain('crm is paused only at shards 1, 2, 3 of 4: ringback outputs pause crm, or resume, for all');
    expect((await cli('outputs', 'resume', 'crm')).success).toBe(true);
    expect(await arePaused(shards, crm)).toEqual([false, false, false, false]);

    expect((await cli('dispatch', 'pause')).out[0]).toMatch(/^dispatching is paused: 10 batches of callbacks wait/);
    expect(await arePaused(shards, callbackQueueState)).toEqual([true, true, true, true]);
    await callbackQueueState(shards[0]).resume();
    expect((await cli('dispatch')).out[0]).toMatch(/^dispatching is paused only at shards 1, 2, 3 of 4: /);
    expect((await cli('dispatch', 'resume')).success).toBe(true);
    expect(await arePaused(shards, callbackQueueState)).toEqual([false, false, false, false]);
  });
});

describe('dead letters', () => {
  it('of every shard are listed together, newest first, and shown, replayed and purged where they are', async () => {
    const { shards, cli } = await installOn(set, 'kept');
    const [s0, s1, s2, s3] = shards;
    await inTurn(
      () => fail(s2, 'a'),
      () => fail(s0, 'b', 'slow'),
      () => fail(s3, 'c'),
      () => fail(s2, 'd', 'slow'),
    );
    const list = (...options: string[]) => cli('dead-letters', 'list', '--json', ...options);
    expect(idsIn((await list()).out)).toEqual(['d', 'c', 'b', 'a']);
    expect(idsIn((await list('--output', 'slow')).out)).toEqual(['d', 'b']);
    const [newest, ...more] = (await list('--limit', '2')).out.slice(0, 2);
    expect([JSON.parse(newest ?? ''), more.length]).toMatchObject([{ shard: 2, output: 'slow' }, 1]);
    const shown = await cli('dead-letters', 'show', 'a');
    expect(JSON.parse(shown.out.join(''))).toMatchObject({ shard: 2, payload: { batch: 'a' } });
    const replayed = { success: true, out: ['replayed 1 of 1'], err: [] };
    expect(await cli('dead-letters', 'replay', 'a')).toEqual(replayed);
    expect(await Promise.all([s0, s1, s2, s3].map((shard) => producerOf(shard, 'crm').pending()))).toEqual([0, 0, 1, 0]);
    expect(await cli('dead-letters', 'purge', '--output', 'slow', '--yes')).toMatchObject({ out: ['purged 2 of 2'] });
    expect(idsIn((await list()).out)).toEqual(['c']);
  });
});

describe('quarantine', () => {
  it('replays an entry on its shard, and frees its claims on the shards of their keys', async () => {
    const { shards, cli } = await installOn(set, 'quarantine');
    const ledgers = shards.map((shard) => createLedger({ ...shard, window: 60_000 }));
    const key = (id: string) => callbackKey({ source: 'callbot', account: 'u', id });
    const ids = Array.from({ length: 100 }, (_, index) => `r${index}`);
    const idAt = (number: number) => ids.find((id) => shardOf(key(id), SHARDS) === number) ?? '';
    const [own, business] = [key(idAt(2)), key(idAt(3))];
    await ledgers[2]?.claim('b1', [{ key: own, digest: 'x' }]);
    await ledgers[3]?.claim('b1', [{ key: business, digest: 'x' }]);
    const entry = (id: string): QuarantinedCallback => {
      const content = { type: 'callbot.task.completed', body: '{}', encoding: 'utf8', reason: 'RB_UNROUTED: no route' } as const;
      return { v: 1, source: 'callbot', account: 'u', time: 1, receivedAt: 2, id, ...content };
    };
    const bounds = { maxCount: 10, maxSize: 100_000 };
    const [, , s2, s3] = shards;
    await createUnroutedQuarantine({ ...s2, bounds }).keep([
      { ...entry(idAt(2)), claimed: { batch: 'b1', keys: [own, business] } },
    ]);
    await createUnroutedQuarantine({ ...s3, bounds }).keep([entry(idAt(3))]);
    expect(idsIn((await cli('quarantine', 'list', '--json')).out).toSorted()).toEqual([idAt(2), idAt(3)].toSorted());
    expect(await cli('quarantine', 'replay', idAt(2))).toEqual({ success: true, out: ['replayed 1 of 1'], err: [] });
    const waiting = await Promise.all(shards.map((shard) => queueOf(shard, 'callbacks').getWaitingCount()));
    expect(waiting).toEqual([0, 0, 1, 0]);
    expect(await ledgers[2]?.claim('b2', [{ key: own, digest: 'x' }])).toEqual(['ours']);
    expect(await ledgers[3]?.claim('b2', [{ key: business, digest: 'x' }])).toEqual(['ours']);
    expect(await cli('quarantine', 'purge', '--yes')).toMatchObject({ out: ['purged 1 of 1'] });
  });
});

describe('what a removed output left', () => {
  it('is moved within each shard, or to the one on which a rate limit counts', async () => {
    const { shards, cli } = await withRemoved(set, 'move');
    const holds = '4 jobs (4 waiting, 0 later, 0 under way, 0 dead letters)';
    expect((await cli('outputs', 'move', 'old', 'crm')).err).toEqual([
      `${holds} would be moved from old to crm: say --yes to do it`,
    ]);
    const moved = { success: true, out: ['moved 4 deliveries from old to crm'], err: [] };
    expect(await cli('outputs', 'move', 'old', 'crm', '--yes')).toEqual(moved);
    expect(await heldAt(shards, 'crm')).toEqual([1, 1, 1, 1]);

    const { shards: others, cli: other } = await withRemoved(set, 'limited');
    expect((await other('outputs', 'move', 'old', 'slow', '--yes')).out).toEqual(['moved 4 deliveries from old to slow']);
    const home = homeShardOf('slow', SHARDS);
    expect(await heldAt(others, 'slow')).toEqual(ALL.map((number) => (number === home ? 4 : 0)));
    expect((await other('outputs')).out.join('\n')).not.toContain('removed');
  });

  it('is listed, and purged on every shard', async () => {
    const { shards, cli } = await withRemoved(set, 'purge');
    const listed = await cli('dead-letters', 'list', '--output', 'old', '--json');
    expect(idsIn(listed.out).toSorted()).toEqual(['0', '1', '2', '3']);
    const holds = '4 jobs (4 waiting, 0 later, 0 under way, 0 dead letters)';
    expect(await cli('outputs', 'purge', 'old', '--yes')).toEqual({ success: true, out: [`purged ${holds} of old`], err: [] });
    const left = await Promise.all(shards.map(({ redis, prefix }) => redis.smismember(`${prefix}:outputs`, 'old')));
    expect(left.flat()).toEqual([0, 0, 0, 0]);
    expect((await cli('outputs', 'purge', 'old', '--yes')).err[0]).toMatch(/^RB_OUTPUT_UNKNOWN: /);
  });
});

/** Comes last: the servers stay away. */
describe('a primary that is away', () => {
  it('is named with its shards: lists show the rest and fail, and changes are not begun', async () => {
    for (const server of set.servers) await set.ask(server, 'CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
    const { shards, cli, file } = await installOn(set, 'away');
    const [s0, , s2] = shards;
    await fail(s0, 'a');
    await fail(s2, 'b');
    const other = await installOn(set, 'cli');
    const [, other1] = other.shards;
    for (const output of ['crm', 'old'])
      await producerOf(other1, output).addBatch({ id: 'b1', callbacks: [testCallback('x')], again: false });
    await noteOutputs(other1, ['crm', 'old']);
    // With it goes shard 0 of the other one.
    const port = await killPrimaryOf(set, s2);
    const named = (end = '') => new RegExp(`shard 2 of 4: Redis at 127.0.0.1:${port} cannot be reached \\(.*${end}$`);
    const without0 = Promise.all([other.cli('outputs'), other.cli('dead-letters', 'list')]);
    const [outputs, dispatch, list, show, pause, purge] = await Promise.all([
      cli('outputs'),
      cli('dispatch'),
      cli('dead-letters', 'list', '--json'),
      runCli(['dead-letters', 'show', 'a', '--config', file]),
      cli('outputs', 'pause', 'crm'),
      cli('dead-letters', 'purge', '--yes'),
    ]);
    for (const listed of [outputs, dispatch, list])
      expect(listed).toMatchObject({ success: false, err: [expect.stringMatching(named())] });
    expect(cellsOf(outputs.out[1])?.[5]).toBe('1');
    expect(idsIn(list.out)).toEqual(['a']);
    expect(show).toMatchObject({
      code: 1,
      out: expect.stringContaining('"shard": 0'),
      err: expect.stringMatching(/^left out: /),
    });
    for (const change of [pause, purge])
      expect(change).toMatchObject({ success: false, out: [], err: [expect.stringMatching(named('Nothing was changed'))] });
    expect(await outputQueueState('crm', s0).isPaused()).toBe(false);
    expect(await queueOf(s0, 'output.crm').getFailedCount()).toBe(1);

    // Which workers run stands on shard 0.
    const [open, dead] = await without0;
    expect(cellsOf(open.out[1])?.slice(0, 3)).toEqual(['crm', 'unknown', '1']);
    expect(open.out.join('\n')).toContain('dispatching is not paused (which workers run is not known)');
    expect(dead).toMatchObject({ success: false, out: ['nothing is kept that fits'] });
    for (const { err } of [open, dead]) expect(err).toEqual([expect.stringMatching(/^left out: shard 0 of 4: /)]);
  }, 180_000);
});
