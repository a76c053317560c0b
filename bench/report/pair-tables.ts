import type { Samples } from '../measure/samples.ts';
import { show } from './show.ts';
import { pairTable, type Table } from './tables.ts';

const ENCRYPTION = {
  ackedPerSecond: 'ingress: acked/s',
  cpuMicros: 'ingress: CPU per callback, µs',
  fullP99: 'ingress: p99 of the ack, ms',
  deliveriesPerSecond: 'worker: deliveries/s',
  workerCpuMicros: 'worker: CPU per delivery, µs',
  redisMicros: 'Redis CPU per callback, ack to delivered, µs',
  waitingBytes: 'Redis per waiting callback, B',
  bytesBeyondBody: 'of these beyond the plain body, B',
};

const SCRAPED = {
  carriedPerSecond: 'acked and delivered/s, all at once',
  ingressMicros: 'ingress: CPU per callback, µs',
  workerMicros: 'worker: CPU per callback, µs',
  redisMicros: 'Redis: CPU per callback, µs',
};

/** Of the parts `encryption` and `metrics`. Empty if they did not run. */
export function pairTables(samples: Samples): Table[] {
  const tables = [
    pairTable(samples, { title: 'Encrypted bodies', one: 'plain bodies', other: 'encrypted bodies', what: ENCRYPTION }),
    pairTable(samples, { title: 'Metrics read once a second', one: 'not scraped', other: 'scraped', what: SCRAPED }),
    metricsTable(samples),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

/** Each as a share of the CPU that the process takes for a callback, or of a core. */
function metricsTable(samples: Samples): Table {
  const rows = (['ingress', 'worker'] as const).map((app) => [
    app,
    show(samples.spread('counting', `${app}Micros`)),
    percent(samples.spread('counting', `${app}Micros`)?.median, samples.spread('not scraped', `${app}Micros`)?.median),
    show(samples.spread('pages', `${app}Ms`)),
    percent(samples.spread('pages', `${app}Ms`)?.median, 1000),
  ]);
  const head = ['', 'counting, µs per callback', 'of its CPU, %', 'one page, ms of CPU', 'of a core if read each second, %'];
  return { title: 'What metrics take by themselves', head, rows: rows.filter(([, counting]) => counting !== '') };
}

function percent(part: number | undefined, whole: number | undefined): string {
  return part === undefined || whole === undefined || whole === 0 ? '' : ((part / whole) * 100).toFixed(2);
}
