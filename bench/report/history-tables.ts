import type { Samples } from '../measure/samples.ts';
import { type Goal, judge, ratio, type Rule } from './goals.ts';
import { number, show } from './show.ts';
import { goalTable, type Table } from './tables.ts';

type Store = 'sqlite' | 'postgres';

const STORES: Readonly<Record<Store, string>> = { sqlite: 'SQLite', postgres: 'PostgreSQL' };

/** The slowest question of a kind, each by the median of its turns. */
const slowest = (store: Store, group: string) => (samples: Samples) => {
  const medians = samples.values(`questions, ${store}`, group);
  return medians.length === 0 ? [] : [Math.max(...medians)];
};

const rulesOf = (store: Store): Rule[] => [...besideRules(store), ...storeRules(store)];

/** With a history, of without. */
function besideRules(store: Store): Rule[] {
  const rule = (name: string, what: string, is: Rule['is'], bound: number): Rule => ({
    name: `${STORES[store]}: ${name}, of without a history`,
    unit: '×',
    is,
    bound,
    of: ratio([`with, ${store}`, what], [`without, ${store}`, what]),
  });
  return [
    rule('acked callbacks', 'ackedPerSecond', 'at least', 0.97),
    rule('worker CPU per delivery', 'mainMicros', 'at most', 1.1),
    rule('deliveries', 'deliveriesPerSecond', 'at least', 0.8),
    rule('Redis CPU per callback', 'redisMicros', 'at most', 1.25),
  ];
}

const within = (ms: number) => ({ unit: 'ms', is: 'at most', bound: ms }) as const;

function storeRules(store: Store): Rule[] {
  const name = STORES[store];
  const atLeast = { unit: '/s', is: 'at least', bound: 15_000 } as const;
  return [
    {
      name: `${name}: callbacks that a writer brings from Redis with one core`,
      ...atLeast,
      // CPU is counted in steps of 10 ms: a short run may have none.
      of: (samples) =>
        samples.values(`with, ${store}`, 'writerCpuMicros').flatMap((micros) => (micros > 0 ? [1e6 / micros] : [])),
    },
    {
      name: `${name}: callbacks that it takes with one core`,
      ...atLeast,
      of: (samples) => samples.values(`disk, ${store}`, 'perCore'),
    },
    {
      name: `${name}: on disk per callback with one delivery, beyond 2 × its body`,
      unit: 'B',
      is: 'at most',
      bound: 500,
      // Of few callbacks, the log that SQLite keeps beside its file would be a large part.
      of: (samples) => samples.values(`million, ${store}`, 'beyondTwiceBody'),
    },
    { name: `${name}: trace, the slowest kind of id`, ...within(50), of: slowest(store, 'trace') },
    { name: `${name}: a page of a search, the slowest filter`, ...within(200), of: slowest(store, 'search') },
    { name: `${name}: summary of tasks, the slowest`, ...within(100), of: slowest(store, 'tasks') },
  ];
}

export function judgeHistory(samples: Samples): Goal[] {
  return [...judge(samples, rulesOf('sqlite')), ...judge(samples, rulesOf('postgres'))];
}

const BESIDE: Readonly<Record<string, string>> = {
  ackedPerSecond: 'acked/s',
  cpuMicros: 'ingress CPU per callback, µs',
  deliveriesPerSecond: 'deliveries/s',
  mainMicros: 'worker CPU per delivery without the writer, µs',
  writerCpuMicros: 'writer CPU per delivery, µs',
  redisMicros: 'Redis CPU per callback, µs',
  commands: 'Redis commands per callback',
  redisBytes: 'Redis, bytes in and out per callback',
  bytesKept: 'Redis per finished callback, B',
  carriedPerSecond: 'acked and delivered/s, all at once',
  lagSeconds: 'the history has all after, s',
};

const WRITING: Readonly<Record<string, string>> = {
  perSecond: 'callbacks/s',
  perCore: 'callbacks/s of one core',
  cpuMicros: 'CPU per callback, µs',
  bodyBytes: 'body, B',
  bytes: 'on disk per callback, B',
};

/** All of the part `history`. Empty if it did not run. */
export function historyTables(samples: Samples): Table[] {
  const goals = judgeHistory(samples);
  const stores = (['sqlite', 'postgres'] as const).filter((store) => samples.values(`disk, ${store}`, 'bytes').length > 0);
  if (stores.length === 0) return [];
  return [
    goalTable(goals),
    ...stores.flatMap((store) => [besideTable(samples, store), writingTable(samples, store), ...askedTables(samples, store)]),
  ];
}

function besideTable(samples: Samples, store: Store): Table {
  const rows = Object.entries(BESIDE).map(([what, name]) => [
    name,
    ...[`without, ${store}`, `with, ${store}`].map((who) => show(samples.spread(who, what))),
  ]);
  return { title: `${STORES[store]}: beside the way of a callback`, head: ['', 'without', 'with'], rows };
}

function writingTable(samples: Samples, store: Store): Table {
  const rows = ['disk', 'million'].map((who) => [
    who === 'disk' ? 'into an empty store, each delivered at once' : 'up to what is asked below',
    ...Object.keys(WRITING).map((what) => show(samples.spread(`${who}, ${store}`, what))),
  ]);
  return { title: `${STORES[store]}: writing`, head: ['', ...Object.values(WRITING)], rows };
}

const GROUPS: Readonly<Record<string, string>> = {
  trace: 'trace by',
  search: 'a page of 50, filtered by',
  count: 'count, filtered by',
  tasks: 'tasks',
};

function askedTables(samples: Samples, store: Store): Table[] {
  return Object.entries(GROUPS).map(([group, title]) => {
    const whos = Object.keys(samples.all()).filter((who) => who.startsWith(`${group}: `) && who.endsWith(`, ${store}`));
    const rows = whos.map((who) => [
      who.slice(`${group}: `.length, -`, ${store}`.length),
      ...['median', 'worst', 'found'].map((what) => number(samples.values(who, what)[0] ?? Number.NaN)),
    ]);
    return { title: `${STORES[store]}: ${title}`, head: ['', 'median, ms', 'worst, ms', 'found'], rows };
  });
}
