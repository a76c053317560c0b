import { type Samples, spreadOf } from '../measure/samples.ts';
import { ALONE, ONE_SHARD } from '../predict/costs.ts';
import { show } from './show.ts';
import type { Table } from './tables.ts';

type Sum = readonly string[];

/** What is added up for each column. */
const COSTS: Readonly<Record<string, Sum>> = {
  'ingress, µs': ['ingressMicros'],
  'worker, µs': ['workerMicros'],
  'Redis, µs': ['ackRedisMicros', 'deliverRedisMicros'],
  'callbacks a batch': ['batch'],
  'Redis in, B': ['ackInBytes', 'deliverInBytes'],
  'Redis out, B': ['ackOutBytes', 'deliverOutBytes'],
  'to a replica, B': ['ackWrittenBytes', 'deliverWrittenBytes'],
  'waiting, B': ['waitingBytes'],
  'kept, B': ['keptBytes'],
};

const RATES: Readonly<Record<string, Sum>> = {
  'acked/s': ['ackedPerSecond'],
  'deliveries/s': ['deliveriesPerSecond'],
  'deliveries/s, 3 outputs': ['deliveriesPerSecond, 3 outputs'],
  'acked and delivered/s': ['carriedPerSecond'],
};

const STANDING: Readonly<Record<string, Sum>> = {
  'ingress, µs/s': ['standingIngressMicros'],
  'worker, µs/s': ['standingWorkerMicros'],
  'all Redis servers, µs/s': ['standingRedisMicros'],
};

/** Tables of `--shards`. Empty if it did not run. */
export function shardTables(samples: Samples): Table[] {
  const layouts = Object.keys(samples.all()).filter((who) => samples.values(who, 'carriedPerSecond').length > 0);
  if (layouts.length === 0) return [];
  const three = Object.fromEntries(Object.entries(COSTS).map(([name, sum]) => [name, sum.map((what) => `${what}, 3 outputs`)]));
  return [
    table('Shards: callbacks a second', RATES, layouts, (who, sum) => show(added(samples, who, sum))),
    table('Shards: per callback, one output', COSTS, [...layouts, ALONE], (who, sum) => show(added(samples, who, sum))),
    table('Shards: per callback, three outputs', three, layouts, (who, sum) => show(added(samples, who, sum))),
    table(`Shards: per callback, of ${ONE_SHARD}`, { ...COSTS, ...RATES }, layouts.slice(1), (who, sum) =>
      show(ratio(samples, who, sum)),
    ),
    table('Shards: without any callback', STANDING, layouts, (who, sum) => show(added(samples, who, sum))),
  ];
}

function table(
  title: string,
  columns: Readonly<Record<string, Sum>>,
  rows: readonly string[],
  cell: (who: string, sum: Sum) => string,
): Table {
  return {
    title,
    head: ['', ...Object.keys(columns)],
    rows: rows.map((who) => [who, ...Object.values(columns).map((sum) => cell(who, sum))]),
  };
}

/** Round by round. */
function sums(samples: Samples, who: string, [first = '', ...others]: Sum): number[] {
  return samples
    .values(who, first)
    .map((value, round) => others.reduce((sum, what) => sum + (samples.values(who, what)[round] ?? Number.NaN), value));
}

const added = (samples: Samples, who: string, sum: Sum) => spreadOf(sums(samples, who, sum));

function ratio(samples: Samples, who: string, sum: Sum) {
  const base = sums(samples, ONE_SHARD, sum);
  return spreadOf(sums(samples, who, sum).map((value, round) => value / (base[round] ?? Number.NaN)));
}
