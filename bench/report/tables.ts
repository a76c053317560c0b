import { type Samples, spreadOf } from '../measure/samples.ts';
import type { Goal } from './goals.ts';
import { number, show } from './show.ts';

export type Table = { readonly title: string; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };

type Names = Readonly<Record<string, string>>;

const INGRESSES: Names = {
  'bare-server': 'nothing (an answer at once)',
  limit: 'limit',
  plain: 'plain',
  ringback: 'Ringback',
  'ringback-always': 'Ringback, `always`',
};

const INGRESS_FIGURES: Names = {
  ackedPerSecond: 'acked/s',
  cpuMicros: 'CPU, µs',
  loadShare: 'load generator, cores',
  redisMicros: 'Redis CPU, µs',
  commands: 'Redis commands',
  scripts: 'Redis scripts',
  bytesBeyondBody: 'Redis, B beyond body',
};

const LATENCY_FIGURES: Names = Object.fromEntries(
  [
    ['full', 'full load'],
    ['partial', '30 %'],
    ['single', '1 connection'],
  ].flatMap(([load, name]) =>
    ['P50', 'P99', 'P999'].map((percentile) => [
      `${load}${percentile}`,
      `${name} ${percentile.toLowerCase().replace('999', '99.9')}`,
    ]),
  ),
);

const DELIVERERS: Names = { 'bare-pool': 'bare pool', plain: 'plain', ringback: 'Ringback' };

const DELIVERY_FIGURES: Names = {
  deliveriesPerSecond: 'deliveries/s',
  workerCpuMicros: 'worker CPU per delivery, µs',
  redisMicros: 'Redis CPU per callback, µs',
  scripts: 'Redis scripts per callback',
  bytesKept: 'Redis per finished callback, B',
};

const END_TO_END_FIGURES: Names = {
  lowToEndP50: '30 % p50',
  lowToEndP99: '30 % p99',
  trickleToEndP50: '50/s p50',
  trickleToEndP99: '50/s p99',
  onePostP50: 'one POST p50',
  onePostP99: 'one POST p99',
  carriedPerSecond: 'carried/s',
};

export function writeTables(samples: Samples): Table[] {
  const cases = [...new Set(Object.keys(samples.all()['bare-pool'] ?? {}).map((what) => /, (.*)$/.exec(what)?.[1] ?? ''))].filter(
    Boolean,
  );
  const tables = [
    compare(samples, { title: 'Ingress: per callback at full load', who: INGRESSES, what: INGRESS_FIGURES }),
    compare(samples, { title: 'Ingress: time to the ack, ms', who: INGRESSES, what: LATENCY_FIGURES }),
    ...cases.map((way) =>
      compare(samples, {
        title: `Worker: ${way} at the destination`,
        who: DELIVERERS,
        what: DELIVERY_FIGURES,
        suffix: `, ${way}`,
      }),
    ),
    compare(samples, {
      title: 'Processes',
      who: { 'one-process': 'one', 'two-processes': 'two' },
      what: { ackedPerSecond: 'ingress: acked/s', deliveriesPerSecond: 'worker: deliveries/s' },
    }),
    compare(samples, { title: 'Ack to delivery, ms', who: DELIVERERS, what: END_TO_END_FIGURES }),
    steps(samples),
    memory(samples),
    against(samples),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

type Comparison = { readonly title: string; readonly who: Names; readonly what: Names; readonly suffix?: string };

function compare(samples: Samples, { title, who, what, suffix = '' }: Comparison): Table {
  const cells = (key: string) => Object.keys(what).map((figure) => show(samples.spread(key, `${figure}${suffix}`)));
  const rows = Object.entries(who).map(([key, name]) => [name, ...cells(key)]);
  return { title, head: ['', ...Object.values(what)], rows: rows.filter((row) => row.slice(1).some((cell) => cell !== '')) };
}

const STEP_FIGURES = [
  ['filling', 'ackedPerSecond'],
  ['filling', 'cpuMicros'],
  ['filling', 'redisMicros'],
  ['draining', 'deliveriesPerSecond'],
  ['draining', 'cpuMicros'],
  ['draining', 'redisMicros'],
] as const;

function steps(samples: Samples): Table {
  const columns = STEP_FIGURES.map(([who, what]) => samples.values(who, what));
  const rows = samples
    .values('filling', 'ackedPerSecond')
    .map((_, step) => [`${step * 10} % to ${step * 10 + 10} %`, ...columns.map((values) => number(values[step] ?? Number.NaN))]);
  const head = ['step', 'acked/s', 'ingress CPU, µs', 'Redis CPU, µs', 'drained/s', 'worker CPU, µs', 'Redis CPU, µs'];
  return { title: 'Backlog: filled step by step, then drained', head, rows };
}

const MEMORY = { ingress: 'ingress', worker: 'worker', redisFilled: 'Redis, filled', redisDrained: 'Redis, drained' } as const;

function memory(samples: Samples): Table {
  const cells = Object.keys(MEMORY).map((name) => samples.values('memory', name).map((bytes) => number(bytes / 2 ** 20)));
  const rows = cells.some((values) => values.length > 0) ? [['', ...cells.flat()]] : [];
  return { title: 'Memory of each process after the backlog, MiB', head: ['', ...Object.values(MEMORY)], rows };
}

const AGAINST_FIGURES: Names = {
  ackedPerSecond: 'ingress: acked/s',
  cpuMicros: 'ingress: CPU per callback, µs',
  fullP99: 'ingress: p99 of the ack, ms',
  redisMicros: 'ingress: Redis CPU per callback, µs',
  commands: 'ingress: Redis commands per callback',
  bytesBeyondBody: 'ingress: Redis, B beyond body',
  ...Object.fromEntries(
    ['1', '3'].flatMap((outputs) =>
      Object.entries(DELIVERY_FIGURES).map(([what, name]) => [`${what}, ${outputs}`, `worker, ${outputs} output(s): ${name}`]),
    ),
  ),
};

function against(samples: Samples): Table {
  return pairTable(samples, { title: 'This checkout against the other one', one: 'there', other: 'here', what: AGAINST_FIGURES });
}

type Pair = { readonly title: string; readonly one: string; readonly other: string; readonly what: Names };

/** Two that took turns. The ratio is taken round by round. */
export function pairTable(samples: Samples, { title, one, other, what }: Pair): Table {
  const ratios = (figure: string) =>
    samples.values(other, figure).map((value, round) => value / (samples.values(one, figure)[round] ?? Number.NaN));
  const rows = Object.entries(what).map(([figure, name]) => [
    name,
    ...[one, other].map((who) => show(samples.spread(who, figure))),
    show(spreadOf(ratios(figure))),
  ]);
  return { title, head: ['', one, other, `${other} / ${one}`], rows: rows.filter(([, first]) => first !== '') };
}

export function goalTable(goals: readonly Goal[]): Table {
  const rows = goals.map(({ name, unit, is, bound, spread, met }) => {
    const of = (value: number) => `${number(value)} ${unit}`;
    return [
      name,
      `${is} ${of(bound)}`,
      of(spread.median),
      `${number(spread.min)} – ${number(spread.max)}`,
      met ? 'met' : 'MISSED',
    ];
  });
  return { title: 'Goals', head: ['', 'goal', 'median', 'rounds', ''], rows };
}
