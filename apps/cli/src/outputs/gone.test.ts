import { callbackKey, placeOfKey } from '@ringback/contracts';
import { NO_ROWS, peekAtStream, readBufferState, type RestEntry } from '@ringback/history';
import { createLedger } from '@ringback/ledger';
import { createBodies, createDeliveryProducer, noteOutputs } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { callbackRow, withTestHistory } from '../search/test-history.ts';

const T = Date.now() - 3_600_000;
const callback = (id: string) => testCallback(id, { receivedAt: T });
const retry = { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 };

function parked(output: string, id: string): RestEntry {
  const { source, account, type, receivedAt } = callback(id);
  const key = callbackKey(callback(id));
  const identity = { key, place: placeOfKey(key), requestID: id, source, account, type, batch: 'b5', receivedAt };
  const payload = JSON.stringify({ v: 1, batch: 'b5', from: 'b5', callback: callback(id) });
  return { id: `b5.${key}.${output}`, kind: 'parked', output, ...identity, at: T + 5, payload };
}

/** A removed output with a delivery in each place, and many that wait alone. */
async function setUp(many: number) {
  const place = testRedis();
  const redis = new Redis(place.url, { maxRetriesPerRequest: null });
  const access = { redis, prefix: place.prefix };
  onTestFinished(() => redis.disconnect());
  const { history, cli } = await withTestHistory(place);
  await noteOutputs(access, ['crm', 'log', 'old']);
  const old = createDeliveryProducer({ ...access, output: 'old', delivery: { retry }, nearlyFull: () => false });
  onTestFinished(() => old.close());
  await old.addBatch({ id: 'b1', callbacks: [callback('delivered'), callback('waiting')], again: false });
  const failed = { batch: 'b2', spent: { attempts: 1, uncounted: 0 }, fault: 'theirs' } as const;
  await old.addFailed({ ...failed, callback: callback('later'), outcome: 'retry', waitMs: 60_000 });
  await old.addFailed({ ...failed, callback: callback('dead'), outcome: 'dead', reason: 'HTTP 410' });
  const share = { output: 'old', callbacks: [callback('held')], state: 'held', beyond: 'held' } as const;
  await createBodies(access).store({ id: 'b3', batch: 'b3', again: false, compact: true, shares: [share] });
  const names = Array.from({ length: many }, (_, i) => `many-${i}`);
  await old.addAlone('b4', names.map(callback));
  await history.rest.put([parked('old', 'parked')]);
  await createLedger({ ...access, window: 60_000 }).record('old', [
    { batch: 'b1', key: callbackKey(callback('delivered')), outcome: 'delivered' },
    { batch: 'b5', key: callbackKey(callback('parked')), outcome: 'parked' },
  ]);
  await history.write({
    ...NO_ROWS,
    callbacks: [callbackRow('parked', { receivedAt: T, batch: 'b5', fate: { routes: [1], to: ['old'] } })],
  });
  const idOf = new Map(
    ['delivered', 'waiting', 'later', 'dead', 'held', 'parked', ...names].map((id) => [callbackKey(callback(id)), id]),
  );
  /** `<requestID> <output> <state>` with the reason, as it is on its way to the history. */
  const told = async () => {
    const rows = await peekAtStream(access, () => ({}), 100);
    await history.write(rows);
    return rows.deliveries.map(({ key, output, state, reason }) => `${idOf.get(key)} ${output} ${state}: ${reason}`).toSorted();
  };
  const events = async () => (await readBufferState(access)).events;
  return { cli, told, events };
}

it('a move ends deliveries at the old output, and begins them at the other one, wherever they stand', async () => {
  const { cli, told } = await setUp(1);
  expect((await cli('outputs', 'move', 'old', 'crm', '--yes')).out).toMatch(/^moved 6 deliveries .*; 1 had ended before/);
  const wait = (ids: readonly string[], state: string) => ids.map((id) => `${id} crm ${state}: moved from old`);
  expect(await told()).toEqual(
    [
      ...['waiting', 'later', 'dead', 'held', 'parked', 'many-0'].map((id) => `${id} old moved: moved to crm`),
      ...wait(['waiting', 'later', 'held', 'many-0'], 'waiting'),
      ...wait(['parked'], 'parked'),
      'dead crm dead: HTTP 410',
    ].toSorted(),
  );
  const traced = JSON.parse((await cli('trace', 'parked', '--json')).out);
  expect(traced.deliveries).toMatchObject([
    { output: 'old', state: 'moved', where: 'done', reason: 'moved to crm' },
    { output: 'crm', state: 'parked', where: 'parked' },
  ]);
  expect((await cli('search', '--state', 'moved', '--count', '--json')).out).toBe('{"count":1}\n');
});

it('a purge ends what had not ended, hundreds in one event', async () => {
  const { cli, told, events } = await setUp(600);
  expect((await cli('outputs', 'purge', 'old', '--yes')).code).toBe(0);
  const rows = await told();
  expect(rows.filter((row) => !row.startsWith('many'))).toEqual(
    ['dead', 'held', 'later', 'parked', 'waiting'].map((id) => `${id} old purged: undefined`),
  );
  expect(rows.filter((row) => /^many-\d+ old purged/.test(row))).toHaveLength(600);
  expect(await events()).toBeLessThan(6);
  const { out } = await cli('trace', 'parked', '--json');
  expect(JSON.parse(out).deliveries).toMatchObject([{ output: 'old', state: 'purged', where: 'done' }]);
});
