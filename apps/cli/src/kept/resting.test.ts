import { writeFile } from 'node:fs/promises';
import type { QuarantinedCallback } from '@ringback/contracts';
import { moveKept } from '@ringback/history';
import { createBodies, createDeliveryProducer, createQuarantine, createUnroutedQuarantine, readBacklog } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { withTestHistory } from '../search/test-history.ts';

const HOURS = 3_600_000;
const bounds = { maxCount: 100, maxSize: 1024 * 1024 };
const delivery = { retry: { attempts: 3, giveUpAfter: 6e4, minDelay: 5, maxDelay: 20 } };

const entry = (id: string, code: string): QuarantinedCallback => ({
  v: 1,
  ...testCallback(id),
  encoding: 'utf8',
  code,
  reason: `${code}: it is so`,
});

/** A batch of two that became dead letters, two refused callbacks and one without a route: in Redis. */
async function setUp() {
  const place = testRedis();
  const redis = new Redis(place.url, { maxRetriesPerRequest: null });
  onTestFinished(() => redis.disconnect());
  const access = { redis, prefix: place.prefix };
  const { history, cli, path } = await withTestHistory(place);
  const producer = createDeliveryProducer({ ...access, output: 'crm', delivery, nearlyFull: () => false });
  onTestFinished(() => producer.close());
  const share = { output: 'crm', callbacks: [testCallback('x'), testCallback('y')], state: 'held', beyond: 'dead' } as const;
  const bodies = createBodies(access);
  await bodies.store({ id: 'b1', batch: 'b1', again: false, compact: true, shares: [{ ...share, most: { bytes: 1 } }] });
  await producer.addRefused('b1', { reason: 'RB_OUTPUT_BACKLOG: more waits', fault: 'ours' });
  await createQuarantine({ ...access, bounds }).keep([entry('q', 'RB_BODY_INVALID'), entry('c', 'RB_REQUEST_ID_REUSED')]);
  await createUnroutedQuarantine({ ...access, bounds }).keep([entry('u', 'RB_UNROUTED')]);
  const queue = (name: string) => {
    const opened = new Queue(name, { connection: redis, prefix: place.prefix });
    onTestFinished(() => opened.close());
    return opened;
  };
  const move = (later: number) =>
    moveKept({ ...access, rest: history.rest, outputs: ['crm'], mostQuarantined: 100, now: () => Date.now() + later });
  const list = async (what: string) => {
    const { out } = await cli(what, 'list', '--json');
    const rows = out.split('\n').filter(Boolean);
    return rows.map((row): { callbacks: { requestID: string }[]; rests?: true } => JSON.parse(row) as never);
  };
  const idsOf = async (what: string) => (await list(what)).flatMap(({ callbacks }) => callbacks.map((one) => one.requestID));
  return { access, history, path, cli, queue, move, list, idsOf };
}

it('moves what waits for a person to the history after a while, unrouted callbacks at once; lists show both places', async () => {
  const { access, history, move, list, idsOf, queue } = await setUp();
  await move(0);
  expect(await history.rest.counts()).toMatchObject([{ kind: 'unrouted', count: 1 }]);
  expect((await idsOf('quarantine')).toSorted()).toEqual(['c', 'q', 'u']);
  await move(2 * HOURS);
  await move(2 * HOURS);
  expect((await history.rest.counts()).map(({ kind, count }) => [kind, count])).toEqual([
    ['dead-letter', 2],
    ['quarantine', 2],
    ['unrouted', 1],
  ]);
  expect([await queue('output.crm').getFailedCount(), await queue('quarantine').getWaitingCount()]).toEqual([0, 0]);
  expect((await readBacklog(access)).size).toBe(0);
  expect((await idsOf('quarantine')).toSorted()).toEqual(['c', 'q', 'u']);
  expect((await idsOf('dead-letters')).toSorted()).toEqual(['x', 'y']);
  expect((await list('dead-letters'))[0]).toMatchObject({ rests: true, output: 'crm', fault: 'ours', kind: 'delivery' });
});

it('replays from the history, once however often, and keeps there what it cannot', async () => {
  const { history, move, cli, idsOf, queue } = await setUp();
  await move(2 * HOURS);
  const before = await history.rest.find({ kinds: ['dead-letter'] }, { limit: 10 });
  expect((await cli('dead-letters', 'replay', 'x')).out).toBe('replayed 1 of 1\n');
  expect(await idsOf('dead-letters')).toEqual(['y']);
  // As after a crash between the job and the removal.
  await history.rest.put(before);
  expect(await cli('dead-letters', 'replay', '--yes')).toMatchObject({ code: 0, out: 'replayed 2 of 2\n' });
  expect(await queue('output.crm').getJobCounts('waiting', 'failed')).toEqual({ waiting: 2, failed: 0 });
  expect((await cli('quarantine', 'replay', 'c')).err).toMatch(/its requestID was taken with another body/);
  expect(await cli('quarantine', 'replay', 'q')).toMatchObject({ code: 0 });
  expect(await queue('callbacks').getWaitingCount()).toBe(1);
  expect((await idsOf('quarantine')).toSorted()).toEqual(['c', 'u']);
});

it('shows and purges from the history', async () => {
  const { move, cli, idsOf } = await setUp();
  await move(2 * HOURS);
  expect(JSON.parse((await cli('dead-letters', 'show', 'x')).out)).toMatchObject({ payload: { callback: { id: 'x' } } });
  expect((await cli('dead-letters', 'purge', '--yes')).out).toBe('purged 2 of 2\n');
  expect((await cli('quarantine', 'purge', '--yes')).out).toBe('purged 3 of 3\n');
  expect([await idsOf('dead-letters'), await idsOf('quarantine')]).toEqual([[], []]);
});

it('says that the history does not answer, lists the rest, and changes nothing', async () => {
  const { cli, history, path } = await setUp();
  await history.close();
  await writeFile(path, 'not a history');
  const { code, out, err } = await cli('dead-letters', 'list', '--json');
  expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining('"requestID":"x"') });
  expect(err).toMatch(/^left out: history: RB_HISTORY_/);
  expect(await cli('dead-letters', 'purge', '--yes')).toMatchObject({ code: 1, err: expect.stringMatching(/^RB_HISTORY_/) });
});

it('lets no more quarantined callbacks rest than the settings allow', async () => {
  const { access, history } = await setUp();
  const now = () => Date.now() + 2 * HOURS;
  await moveKept({ ...access, rest: history.rest, outputs: [], mostQuarantined: 1, now });
  expect(await history.rest.counts()).toEqual(
    expect.arrayContaining([expect.objectContaining({ kind: 'quarantine', count: 1 })]),
  );
});

it('moves the others if one kind cannot be moved, and says which', async () => {
  const { access, history, queue } = await setUp();
  const error = new Error('no');
  const put: typeof history.rest.put = (entries) =>
    entries.some(({ kind }) => kind === 'unrouted') ? Promise.reject(error) : history.rest.put(entries);
  const rest = { ...history.rest, put };
  const now = () => Date.now() + 2 * HOURS;
  const failures = await moveKept({ ...access, rest, outputs: ['crm'], mostQuarantined: 100, now });
  expect(failures).toEqual([{ what: { kind: 'unrouted' }, error }]);
  expect([await queue('output.crm').getFailedCount(), await queue('quarantine').getWaitingCount()]).toEqual([0, 0]);
});
