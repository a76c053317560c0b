import type { OutputStatus } from '../installation/outputs.ts';
import type { InstallationStatus } from '../installation/status.ts';
import { expect, it } from 'vitest';
import { type Condition, CONDITIONS, conditionsOf } from './conditions.ts';

const AT = 1_800_000_000_000;
const MINUTE = 60_000;
const LIMITS = { waiting: 5 * MINUTE, memory: 0.8 };

type Process = NonNullable<InstallationStatus['processes']>[number];
const process = (app: Process['app'], more: Partial<NonNullable<Process['state']>> = {}): Process => ({
  id: app,
  app,
  version: '1',
  host: app,
  pid: 7,
  startedAt: 1,
  parts: {},
  state: { notReady: [], totals: {}, rates: {}, ...more },
});
const PROCESSES = [process('ingress'), process('worker')];

const CRM: OutputStatus = {
  name: 'crm',
  known: true,
  state: 'running',
  waiting: 0,
  delayed: 0,
  active: 0,
  dead: 0,
  held: 0,
  dropped: 9,
  bytes: 0,
  servedBy: ['worker:7'],
};
const RATES = { acked: 100, refused: 7, ourFault: 0, slow: 14, dispatched: 0, delivered: 0, retried: 0, dead: 0 };
const REDIS: InstallationStatus['redis'][number] = {
  shard: 0,
  version: '7.0.15',
  maxmemory: 100,
  memoryRatio: 0.7,
  replicas: 0,
  ackWorth: 'much',
  unmet: undefined,
  refusal: undefined,
  roundTripMs: 1,
  time: { redis: AT, own: AT + 4000 },
};
const BUFFER = { shard: 0, events: 1, bytes: 1, oldest: AT - MINUTE, dropped: { callbacks: 0, attempts: 0 } };

/** Nothing is wrong, though much has happened. */
const FINE: InstallationStatus = {
  at: AT,
  processes: PROCESSES,
  rates: RATES,
  dispatch: { state: 'running', waiting: 1, active: 0, oldest: AT - 4 * MINUTE },
  outputs: [{ ...CRM, oldest: AT - 4 * MINUTE, breaker: { state: 'closed', since: 1, workers: 1 } }],
  kept: { deadLetters: 3, quarantined: 3, unrouted: 3 },
  routes: { dropped: [], unkept: [{ name: 'RB_UNROUTED', count: 12 }] },
  lately: { lost: AT - 16 * MINUTE, unrouted: AT - 16 * MINUTE, history: AT - 61 * MINUTE, dropped: { crm: AT - 16 * MINUTE } },
  redis: [REDIS],
  shards: 1,
  spooled: 0,
  history: { waiting: [BUFFER] },
  difference: {},
};

const output = (more: Partial<OutputStatus>): Partial<InstallationStatus> => ({ outputs: [{ ...CRM, ...more }] });
const ingress = (more: Parameters<typeof process>[1]): Partial<InstallationStatus> => ({
  processes: [process('ingress', more), process('worker')],
});
const lately = (more: Partial<NonNullable<InstallationStatus['lately']>>): Partial<InstallationStatus> => ({
  lately: { dropped: {}, ...more },
});
const SETTINGS = { path: 'ringback.yaml', loadedAt: 1 };
const ABOUT_CRM = { kind: 'output', name: 'crm' };
const ABOUT_INGRESS = { kind: 'app', name: 'ingress' };

type Case = readonly [Condition['name'], Partial<InstallationStatus>, object];

const CASES: readonly Case[] = [
  [
    'redis-refuses',
    { redis: [{ ...REDIS, refusal: 'OOM' }], processes: [] },
    { text: expect.stringContaining('Redis takes no writes: OOM. Processes cannot tell') },
  ],
  ['no-ingress', { processes: [process('worker')] }, {}],
  ['no-worker', { processes: [process('ingress')] }, {}],
  ['not-ready', ingress({ notReady: ['RB_X: why'] }), { subject: ABOUT_INGRESS, text: expect.stringContaining('RB_X: why') }],
  ['acks-refused', { rates: { ...RATES, ourFault: 0.1 } }, {}],
  ['callbacks-lost', { ...lately({ lost: AT - 14 * MINUTE }) }, { text: expect.stringContaining('12 of RB_UNROUTED') }],
  ['durability', { redis: [{ ...REDIS, unmet: 'no append-only file' }] }, { text: 'Redis: no append-only file' }],
  ['durability', { redis: [{ ...REDIS, unmet: 'x' }], shards: 4 }, { subject: { kind: 'shard', name: '0' }, text: 'shard 0: x' }],
  ['acks-slow', { rates: { ...RATES, slow: 15 } }, { text: '15 % of the acks take longer than 100 ms' }],
  ['redis-memory', { redis: [{ ...REDIS, memoryRatio: 0.73 }] }, {}],
  ['redis-memory', { redis: [{ ...REDIS, memoryRatio: 0.8 }] }, { severity: 'error' }],
  ['spool-in-use', ingress({ spooled: 3 }), { text: expect.stringContaining('3 at ingress:7') }],
  ['output-failing', output({ breaker: { state: 'open', since: 5, workers: 1 } }), { subject: ABOUT_CRM, since: 5 }],
  [
    'output-failing',
    output({ breaker: { state: 'probing', since: 5, workers: 1 }, failing: { since: 4, reasons: ['HTTP 503'], workers: 1 } }),
    { subject: ABOUT_CRM, since: 4, text: expect.stringContaining('HTTP 503') },
  ],
  [
    'oldest-waiting',
    { dispatch: { ...FINE.dispatch, oldest: AT - 5 * MINUTE } },
    { subject: { kind: 'dispatch', name: 'callbacks' }, since: AT - 5 * MINUTE },
  ],
  ['oldest-waiting', output({ oldest: AT - 5 * MINUTE }), { subject: ABOUT_CRM, since: AT - 5 * MINUTE }],
  ['dead-letters', output({ dead: 2 }), { subject: ABOUT_CRM, text: expect.stringContaining('2 dead letters') }],
  ['deliveries-dropped', lately({ dropped: { crm: AT - 14 * MINUTE } }), { subject: ABOUT_CRM }],
  ['unrouted', lately({ unrouted: AT - 14 * MINUTE }), { text: expect.stringContaining('In quarantine now, of any age: 3') }],
  [
    'unrouted',
    { ...lately({ unrouted: AT - 14 * MINUTE }), kept: undefined },
    { text: 'callbacks of the last 15 minutes matched no route' },
  ],
  ['history-gap', lately({ history: AT - 59 * MINUTE }), {}],
  ['history-gap', { history: { waiting: [{ ...BUFFER, dropped: { callbacks: 0, attempts: 1 } }] } }, {}],
  ['history-lag', { history: { waiting: [{ ...BUFFER, oldest: AT - 5 * MINUTE }] } }, { since: AT - 5 * MINUTE }],
  ['clock-skew', { redis: [{ ...REDIS, time: { redis: AT - 6000, own: AT } }] }, { text: expect.stringContaining('-6000 ms') }],
  [
    'settings-refused',
    ingress({ settings: { ...SETTINGS, problem: { at: 8, code: 'RB_CONFIG_INVALID', text: 'line 3' } } }),
    { subject: ABOUT_INGRESS, since: 8 },
  ],
  ['settings-differ', { difference: { worker: { newest: [], older: [] } } }, { subject: { kind: 'app', name: 'worker' } }],
];

it.each(CASES)('%s is there, alone, for as long as what it is about', (name, more, found) => {
  const { severity } = CONDITIONS[name];
  expect(conditionsOf({ ...FINE, ...more }, LIMITS)).toEqual([expect.objectContaining({ name, severity, ...found })]);
});

it('nothing is a problem that is over, within limits, or meant', () => {
  expect(conditionsOf(FINE, LIMITS)).toEqual([]);
  expect(conditionsOf({ ...FINE, ...output({ state: 'paused', oldest: 1 }) }, LIMITS)).toEqual([]);
});

it('what could not be asked is no problem', () => {
  const unknown = { processes: undefined, rates: undefined, routes: undefined, lately: undefined, redis: [], outputs: [] };
  expect(conditionsOf({ ...FINE, ...unknown, history: { waiting: undefined } }, LIMITS)).toEqual([]);
});

it('every condition is tried above', () => {
  expect([...new Set(CASES.map(([name]) => name))]).toEqual(Object.keys(CONDITIONS));
});

it('an output of any name is told from callbacks that wait', () => {
  const dispatch = { ...FINE.dispatch, oldest: 1 };
  const all = conditionsOf({ ...FINE, dispatch, ...output({ name: 'callbacks', oldest: 1 }) }, LIMITS);
  expect(all.map(({ subject }) => subject)).toEqual([
    { kind: 'dispatch', name: 'callbacks' },
    { kind: 'output', name: 'callbacks' },
  ]);
});

it('that processes differ and that one refused its settings are two problems of one app: they need different hands', () => {
  const refused = ingress({ settings: { ...SETTINGS, problem: { at: 8, code: 'RB_CONFIG_INVALID', text: 'line 3' } } });
  const all = conditionsOf({ ...FINE, ...refused, difference: { ingress: { newest: [], older: [] } } }, LIMITS);
  expect(all.map(({ name, subject, since }) => [name, subject?.name, since])).toEqual([
    ['settings-refused', 'ingress', 8],
    ['settings-differ', 'ingress', undefined],
  ]);
});

it('the worst comes first', () => {
  const all = conditionsOf({ ...FINE, ...output({ dead: 1 }), rates: { ...RATES, ourFault: 1 } }, LIMITS);
  expect(all.map(({ severity }) => severity)).toEqual(['error', 'warning']);
});

it('tells one cause of many processes once, and not that one starts or ends', () => {
  const cause = { notReady: ['RB_X: why'] };
  const worker = (pid: number, state: Parameters<typeof process>[1], startedAt = 0) => ({
    ...process('worker', state),
    pid,
    startedAt,
  });
  const many = [1, 2, 3, 4, 5].map((pid) => worker(pid, cause));
  const others = [worker(6, {}), worker(7, cause, AT - 1000), worker(8, { notReady: ['the process is stopping'] })];
  const found = conditionsOf({ ...FINE, processes: [process('ingress'), ...many, ...others] }, LIMITS);
  const text = '5 of 8 workers are not ready (worker:1, worker:2, worker:3 and 2 more): RB_X: why';
  expect(found).toEqual([{ name: 'not-ready', severity: 'error', subject: { kind: 'app', name: 'worker' }, text }]);
});
