import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { spreadOf } from '../measure/samples.ts';

/** `samples` of what `npm run bench -- --shards` writes. A figure that the system does not give is null. */
const BenchReport = Type.Object({
  samples: Type.Record(Type.String(), Type.Record(Type.String(), Type.Array(Type.Union([Type.Number(), Type.Null()])))),
});

export type MeasuredSamples = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

/** Per callback: in full batches with one output and with three, and alone in its batch with one output. */
export type Figure = { readonly one: number; readonly three: number; readonly alone: number };

/** Per callback, from one shard on one server; µs of a core, and bytes. */
export type Costs = {
  /** Callbacks in a full batch, as they were measured. */
  readonly batch: number;
  readonly ingressMicros: Figure;
  readonly workerMicros: Figure;
  /** With ack and all deliveries. */
  readonly redisMicros: Figure;
  readonly ackInBytes: Figure;
  readonly ackOutBytes: Figure;
  readonly deliverInBytes: Figure;
  readonly deliverOutBytes: Figure;
  /** What a replica is sent. */
  readonly writtenBytes: Figure;
  /** In Redis, with its body. */
  readonly waitingBytes: Figure;
  /** In Redis, for `dedupe.window`. */
  readonly keptBytes: Figure;
  /** Of the sender. */
  readonly requestBytes: number;
  /** One request to one output. */
  readonly deliveredBytes: number;
  /** µs a second that a process, and Redis for it, spend on each shard while nothing comes. */
  readonly standing: { readonly ingress: number; readonly worker: number; readonly redis: number };
};

/** Whose costs the prediction starts from. */
export const ONE_SHARD = '1 shard on 1 server';
/** The first that was measured says what a shard costs by itself. A second server adds little to it. */
const FOUR_SHARDS = ['4 shards on 1 server', '4 shards on 2 servers'];
/** Who has the figures of one callback at a time, on the first of these. */
export const ALONE = 'one callback at a time';

/** An ingress and a worker. */
const PROCESSES = 2;

/** @throws Error if it is no such file */
export function readMeasured(text: string): MeasuredSamples {
  const report: unknown = JSON.parse(text);
  if (!Value.Check(BenchReport, report)) throw new Error('this is no file of npm run bench -- --shards');
  return mapValues(report.samples, (figures) => mapValues(figures, numbers));
}

/** @throws Error names what is missing */
export function costsIn(samples: MeasuredSamples): Costs {
  const median = (who: string, what: string): number => {
    const spread = spreadOf(samples[who]?.[what] ?? []);
    if (!spread) throw new Error(`${who} has no ${what}: measure it on Linux with npm run bench -- --shards`);
    return spread.median;
  };
  const figure = (...parts: readonly string[]): Figure => {
    const sum = (who: string, suffix: string) => parts.reduce((total, what) => total + median(who, `${what}${suffix}`), 0);
    return { one: sum(ONE_SHARD, ''), three: sum(ONE_SHARD, ', 3 outputs'), alone: sum(ALONE, '') };
  };
  const four = FOUR_SHARDS.find((who) => samples[who]) ?? '';
  const standing = (what: string) => Math.max(0, (median(four, what) - median(ONE_SHARD, what)) / 3);
  return {
    batch: median(ONE_SHARD, 'batch'),
    ingressMicros: figure('ingressMicros'),
    workerMicros: figure('workerMicros'),
    redisMicros: figure('ackRedisMicros', 'deliverRedisMicros'),
    ackInBytes: figure('ackInBytes'),
    ackOutBytes: figure('ackOutBytes'),
    deliverInBytes: figure('deliverInBytes'),
    deliverOutBytes: figure('deliverOutBytes'),
    writtenBytes: figure('ackWrittenBytes', 'deliverWrittenBytes'),
    waitingBytes: figure('waitingBytes'),
    keptBytes: figure('keptBytes'),
    requestBytes: median(ONE_SHARD, 'requestBytes'),
    deliveredBytes: median(ONE_SHARD, 'deliveredBytes'),
    standing: {
      ingress: standing('standingIngressMicros'),
      worker: standing('standingWorkerMicros'),
      redis: standing('standingRedisMicros') / PROCESSES,
    },
  };
}

/**
 * What a callback costs with so many outputs, in batches of this size. What an output adds is the same for each, and
 * what a batch costs by itself is shared by its callbacks.
 */
export function costAt({ one, three, alone }: Figure, outputs: number, batch: number, fullBatch: number): number {
  const full = one + ((three - one) / 2) * (outputs - 1);
  const shareOfAlone = fullBatch > 1 ? (1 / batch - 1 / fullBatch) / (1 - 1 / fullBatch) : 0;
  return full * (1 + (alone / one - 1) * shareOfAlone);
}

const numbers = (values: readonly (number | null)[]) => values.map((value) => value ?? Number.NaN);

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
