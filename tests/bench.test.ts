import { fileURLToPath } from 'node:url';
import { redisSpec } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { parseTicks } from '../bench/measure/stolen.ts';
import { USUAL_PARTS } from '../bench/options.ts';
import { QUICK_PLAN } from '../bench/plan.ts';
import { judge } from '../bench/report/goals.ts';
import { historyTables, judgeHistory } from '../bench/report/history-tables.ts';
import { pairTables } from '../bench/report/pair-tables.ts';
import { scalingTables } from '../bench/report/scaling-tables.ts';
import { writeTables } from '../bench/report/tables.ts';
import { runBench } from '../bench/run-bench.ts';

// What it runs is processes, as `npm run bench` does; what it measures is of no interest here, but for what
// no clock decides.
it('npm run bench measures all usual parts, and judges every goal', async () => {
  const parts = USUAL_PARTS;
  const interrupted = new Promise<never>(() => {});
  const samples = await runBench({ plan: QUICK_PLAN, parts, spec: redisSpec(), say: () => {}, interrupted });

  // On a busy machine BullMQ renews a lock now and then, by a script as well.
  expect(samples.values('plain', 'scripts')[0]).toBeCloseTo(1, 1);
  expect(samples.values('ringback', 'scripts')[0]).toBeLessThan(1);
  const repeats = ['plain', 'ringback'].flatMap((who) => samples.values(who, 'repeats, 3 outputs, 20 ms'));
  expect(repeats).toEqual([0, 0]);
  expect(samples.values('filling', 'ackedPerSecond')).toHaveLength(10);
  expect(samples.values('draining', 'deliveriesPerSecond')).toHaveLength(10);
  expect(judge(samples)).toHaveLength(11);
  expect(writeTables(samples)).toHaveLength(10);
}, 240_000);

it('npm run bench -- --only history measures a store, and a Ringback with it and without', async () => {
  const interrupted = new Promise<never>(() => {});
  const samples = await runBench({ plan: QUICK_PLAN, parts: ['history'], spec: redisSpec(), say: () => {}, interrupted });
  // The CPU of so few callbacks may be too little to be counted.
  expect(judgeHistory(samples).length).toBeGreaterThanOrEqual(18);
  // Goals; and of each store the way of a callback, writing, and four kinds of questions.
  expect(historyTables(samples)).toHaveLength(13);
  for (const store of ['sqlite', 'postgres']) {
    expect(samples.values(`trace: requestID, ${store}`, 'found')).toEqual([1]);
    expect(samples.values(`count: nothing, ${store}`, 'found')).toEqual([QUICK_PLAN.history.written + QUICK_PLAN.history.kept]);
  }
}, 240_000);

it('npm run bench -- --only encryption and --only metrics compare on and off', async () => {
  const interrupted = new Promise<never>(() => {});
  const samples = await runBench({
    plan: QUICK_PLAN,
    parts: ['encryption', 'metrics'],
    spec: redisSpec(),
    say: () => {},
    interrupted,
  });
  const [encryption, scraped, alone, ...others] = pairTables(samples);
  expect(others).toEqual([]);
  expect([encryption, scraped, alone].map((table) => table?.rows.length)).toEqual([8, 4, 2]);
}, 240_000);

it('npm run bench -- --against measures another checkout and this one', async () => {
  const interrupted = new Promise<never>(() => {});
  const against = fileURLToPath(new URL('..', import.meta.url));
  const samples = await runBench({ plan: QUICK_PLAN, parts: [], against, spec: redisSpec(), say: () => {}, interrupted });
  const [table, ...others] = writeTables(samples);
  expect(others).toEqual([]);
  expect(table?.rows).toHaveLength(16);
  for (const row of table?.rows ?? []) for (const cell of row) expect(cell).not.toBe('');
}, 240_000);

it('npm run bench -- --shards measures each number of shards, and predicts from it', async () => {
  const interrupted = new Promise<never>(() => {});
  const samples = await runBench({ plan: QUICK_PLAN, parts: [], shards: true, spec: redisSpec(), say: () => {}, interrupted });
  // Both servers took part.
  expect(samples.values('4 shards on 2 servers', 'leastShare')[0]).toBeGreaterThan(0);
  const tables = scalingTables(samples);
  expect(tables).toHaveLength(13);
  expect(tables[0]?.rows.map(([layout]) => layout)).toEqual(['1 shard on 1 server', '4 shards on 2 servers']);
  expect(tables[5]?.rows).toHaveLength(2);
}, 240_000);

it('tells what others on the machine took, and counts no guest twice', () => {
  expect(parseTicks('cpu  10 1 5 60 2 0 2 20 7 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n')).toEqual({ stolen: 20, idle: 62, all: 100 });
});

it('tells nothing of what others took where the system does not', () => {
  expect(parseTicks('cpu  10 1 5 60\n')).toBeUndefined();
  expect(parseTicks('')).toBeUndefined();
});
