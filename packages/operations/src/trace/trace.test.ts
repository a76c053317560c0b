import { ALERTS, bodyDigest, type Callback, callbackKey, placeOfKey } from '@ringback/contracts';
import { NO_ROWS } from '@ringback/history';
import { createLedger } from '@ringback/ledger';
import { createBatchWriter, createBodies, createDeliveryProducer, noteOutputs } from '@ringback/queue';
import { testCallback, testRedis } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { alertBatch } from '../alerts/notice.ts';
import { enqueue, sharesOf } from '../replay/enqueue.ts';
import { openTestHistory, T } from '../test-history.ts';
import { trace, type TraceOptions } from './trace.ts';

const delivery = { retry: { attempts: 3, giveUpAfter: 86_400_000, minDelay: 60_000, maxDelay: 60_000 } };
const one = testCallback('r-1');
const key = callbackKey(one);
const CONTEXT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}`;

function setUp() {
  const { url, prefix } = testRedis();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const shard = { number: 0, redis, prefix };
  const ledger = createLedger({ ...shard, window: 60_000 });
  const producerOf = (output: string) => {
    const producer = createDeliveryProducer({ ...shard, output, delivery, nearlyFull: () => false });
    onTestFinished(() => producer.close());
    return producer;
  };
  onTestFinished(() => redis.disconnect());
  const options: TraceOptions = {
    id: one.id,
    limit: 10,
    places: { shardCount: 1, shards: [shard], history: undefined },
    accounts: [{ source: one.source, account: one.account }],
    outputs: ['crm', 'log', 'ops', 'sms'].map((name) => ({ name, limited: false })),
    today: { routes: [{ to: ['crm'] }, { match: ['nxlink.*'], to: ['log'] }], digest: 'd' },
    quarantine: undefined,
    open: (callback) => callback,
    subjectsOf: () => ({}),
    unwritten: async () => NO_ROWS,
    historyOff: false,
    away: [],
  };
  const claim = (batch: string, callback: Callback) =>
    ledger.claim(batch, [{ key: callbackKey(callback), digest: bodyDigest(callback.body) }]);
  const asked = (more: Partial<TraceOptions> = {}) => trace({ ...options, ...more });
  return { shard, ledger, producerOf, claim, asked, options };
}

it('tells what Redis knows of a callback that waits for a worker, by any of its ids', async () => {
  const { shard, asked } = setUp();
  const write = createBatchWriter(shard);
  await write({ id: 'b1', callbacks: [testCallback('r-0'), { ...one, traceparent: `${CONTEXT}-00` }] });
  const found = [
    {
      callback: { ...one, key, batch: 'b1', stage: 'queued', trace: undefined },
      deliveries: [],
      routes: [{ matched: true }, { matched: false }],
    },
  ];
  for (const id of ['r-1', ' "r-1",', key, `msg_${key}`, `msg_${key}_r7`]) expect(await asked({ id })).toMatchObject({ found });
  const subjectsOf = ({ id }: Callback) => (id === 'r-1' ? { order: 'o-7' } : {});
  expect(await asked({ id: 'o-7', subjectsOf })).toMatchObject({ found, missing: [] });
  const nothing = await asked({ id: 'r-9' });
  expect(nothing.found).toEqual([]);
  expect(nothing.lookedAt).toEqual(['Redis, by requestID (of 1 accounts of the settings), webhook-id and key']);
});

it('tells of each delivery where it stands: by its job, by what is held, or by the outcome in the ledger', async () => {
  const { shard, ledger, producerOf, claim, asked } = setUp();
  await claim('b1', one);
  await noteOutputs(shard, ['old']);
  await ledger.record('crm', [{ batch: 'b1', key, outcome: 'delivered' }]);
  await ledger.record('ops', [{ batch: 'b1', key, outcome: 'retrying' }]);
  const spent = { attempts: 1, uncounted: 0, failingSince: 1 };
  const callback = { ...one, traceparent: `${CONTEXT}-01` };
  await producerOf('ops').addFailed({ batch: 'b1', callback, outcome: 'retry', spent, waitMs: 60_000, fault: 'theirs' });
  await ledger.record('sms', [{ batch: 'b1', key, outcome: 'dead' }]);
  const shares = [{ output: 'log', callbacks: [one], state: 'held', beyond: 'held' } as const];
  await createBodies(shard).store({ id: 'b1', batch: 'b1', again: false, compact: true, shares });
  await producerOf('old').addBatch({ id: 'b1', callbacks: [one], again: false });
  const { found, missing } = await asked();
  expect(missing).toEqual([]);
  expect(found).toHaveLength(1);
  expect(found[0]?.callback.trace).toBe('a'.repeat(32));
  expect(found[0]?.callback).toMatchObject({ ...one, batch: 'b1', stage: 'dispatched' });
  const deliveries = (found[0]?.deliveries ?? []).map(
    ({ output, state, where, attempted = 0 }) => `${output} ${state} ${where} ${attempted}`,
  );
  expect(deliveries.toSorted()).toEqual([
    'crm delivered done 0',
    'log waiting held 0',
    'old waiting queued 0',
    'ops waiting later 1',
    'sms dead unknown 0',
  ]);
  expect(found[0]?.notes).toEqual([
    "routes by today's settings: those of its time are not known",
    'sms: it became a dead letter, and is none now: it was replayed, moved or purged, or Redis could not be asked',
  ]);
});

it('tells what is left of a callback that is done, and what it could not ask', async () => {
  const { ledger, claim, asked, options } = setUp();
  await claim('b1', one);
  await ledger.record('crm', [{ batch: 'b1', key, outcome: 'delivered' }]);
  const { found } = await asked();
  expect(found).toMatchObject([
    { callback: { id: 'r-1', source: 'callbot', key }, deliveries: [{ output: 'crm', state: 'delivered' }] },
  ]);
  expect(found[0]?.callback.body).toBeUndefined();
  const places = { ...options.places, shards: [] };
  const away = ['Redis: away'];
  expect(await asked({ places, away })).toMatchObject({ found: [], lookedAt: [], missing: away });
});

it('tells what a replay came to before the dead letter that is still kept, and which attempts it made', async () => {
  const { shard, producerOf, claim, asked } = setUp();
  await claim('b1', one);
  await noteOutputs(shard, ['crm']);
  await createBodies(shard).store({ id: 'b1', batch: 'b1', again: false, compact: true, shares: [dead] });
  await producerOf('crm').addRefused('b1', { reason: 'HTTP 410', fault: 'theirs' });
  const ref = { key, receivedAt: one.receivedAt };
  const at = Date.now() + 60_000;
  const story = { ...one, key, batch: 'b1', dispatchedAt: 1, settings: 'd', fate: { routes: [1], to: ['crm'] }, subjects: {} };
  const attempt = { ...ref, output: 'crm', number: 1, ms: 5 };
  const facts = { replay: 'p1', to: 'crm,log', newId: false };
  const rows = {
    ...NO_ROWS,
    callbacks: [story],
    attempts: [
      { ...attempt, at: 10, outcome: 'dead' as const, status: 410 },
      { ...attempt, at: at + 2, outcome: 'retry' as const, status: 503 },
      { ...attempt, at: at + 4, number: 2, outcome: 'delivered' as const, status: 200 },
    ],
    actions: [{ id: 'replay.p1.0', at, by: 'a@b', command: 'replay', facts, callbacks: [ref] }],
  };
  const deadLetter = { since: expect.any(Number), reason: 'HTTP 410' };
  const attempts = [{ at: 10 }, { replay: 'p1' }, { replay: 'p1', outcome: 'delivered' }];
  const delivered = { state: 'delivered', where: 'done', since: at + 9, deadLetter, attempts };
  const before = await asked({ unwritten: async () => ({ ...rows, attempts: [], actions: [] }) });
  expect(before.found[0]?.deliveries).toMatchObject([{ state: 'dead', where: 'dead letter' }]);
  const { found } = await asked({ unwritten: async () => rows });
  expect(found[0]?.deliveries).toMatchObject([delivered]);
  expect(found[0]?.deliveries[0]?.attempts[0]).not.toHaveProperty('replay');
  const waiting = { ...ref, output: 'crm', state: 'waiting' as const, at, reason: 'replay p1' };
  const waits = await asked({ unwritten: async () => ({ ...rows, attempts: [], deliveries: [waiting] }) });
  expect(waits.found[0]?.deliveries).toMatchObject([{ state: 'waiting', reason: 'replay p1', deadLetter }]);
});

const dead = { output: 'crm', callbacks: [one], state: 'held', beyond: 'held' } as const;

it('finds a parked delivery by any id of its callback, though the rows of that are pruned', async () => {
  const { asked, options } = setUp();
  const history = await openTestHistory();
  const { id: requestID, source, account, type } = one;
  const named = { id: `b1.${key}.crm`, key, place: placeOfKey(key), requestID, source, account, type, batch: 'b1' };
  await history.rest.put([{ ...named, kind: 'parked', output: 'crm', receivedAt: T, at: T + 1, payload: '{}' }]);
  const parked = {
    callback: { id: requestID, source, account, type, key, receivedAt: T, stage: 'dispatched' },
    deliveries: [{ output: 'crm', state: 'parked', where: 'parked', since: T + 1 }],
  };
  for (const id of [requestID, key, `msg_${key}`, named.id])
    expect((await asked({ id, places: { ...options.places, history } })).found).toMatchObject([parked]);
});

it('tells of an alert of ours, which no account of the settings has and no batch claimed, by its id', async () => {
  const { shard, asked } = setUp();
  const alert = testCallback('output-failing/output/crm/1/firing', {
    source: ALERTS.source,
    account: ALERTS.account,
    type: `${ALERTS.type}.firing`,
  });
  const shares = sharesOf([{ callback: alert, to: ['ops'] }], [{ name: 'ops', limited: false }], 1);
  await enqueue([{ bodies: createBodies(shard), confirm: async () => {} }], { batch: alertBatch(alert), shares });
  await noteOutputs(shard, ['ops']);
  expect(await asked({ id: alert.id })).toMatchObject({
    found: [
      {
        callback: { id: alert.id, source: ALERTS.source, batch: alertBatch(alert) },
        deliveries: [{ output: 'ops' }],
        routes: [],
      },
    ],
    missing: [],
  });
});
