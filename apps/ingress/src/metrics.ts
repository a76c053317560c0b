import type { Config } from '@ringback/config';
import type { BatchProducer, ErrorCode, SourceType } from '@ringback/contracts';
import { type Count, type Metrics, showReadiness, showSettings } from '@ringback/observability';
import { SLOW_ACK_MS } from '@ringback/queue';
import { OUR_FAULT } from './error-table.ts';

/** A request that was answered. */
export type Received = {
  /** Undefined: no source has the path. */
  readonly source?: string | undefined;
  /** Undefined: not known, since the callback was not read. */
  readonly type?: string | undefined;
  readonly result: 'acked' | 'refused' | 'handshake';
  /** Of a refusal. */
  readonly code?: ErrorCode | undefined;
  /** ms from the whole request to its answer. */
  readonly ms?: number;
};

export type IngressMetrics = Pick<Metrics, 'text' | 'contentType'> & {
  /** Since the start. `ourFault`: refused with nothing wrong. `slow`: acks longer than `SLOW_ACK_MS`. */
  readonly totals: () => Readonly<Record<'acked' | 'refused' | 'ourFault' | 'slow', number>>;
  readonly count: (received: Received) => void;
  /** What is known now: settings may change. */
  readonly know: (known: KnownTypes) => void;
  /** Shows which settings run. Once. */
  readonly settings: (state: Parameters<typeof showSettings>[1]) => void;
  /** Shows whether the process is ready. Once. */
  readonly readiness: (notReadyReasons: Parameters<typeof showReadiness>[1]) => void;
  /** As the producer of a shard, with its groups counted. */
  readonly measured: (producer: BatchProducer) => BatchProducer;
  /** How many callbacks wait on disk. Undefined: there is no spool. */
  readonly spool: (spooling: (() => number) | undefined) => void;
};

const ACK_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const GROUP_BUCKETS = [1, 2, 4, 8, 16, 32, 64];

/** Types of callbacks by source. Others, which a sender may choose, count as `other`. */
type KnownTypes = ReadonlyMap<string, readonly string[]>;

/** By the settings: what a source's contract lists, and what routes name in full. */
export function knownTypes(
  { sources, routes }: Pick<Config, 'sources' | 'routes'>,
  sourceTypes: Readonly<Record<string, SourceType>>,
): KnownTypes {
  const named = routes.flatMap(({ match }) => match.filter((pattern) => !pattern.includes('*')));
  const typesOf = ({ name, type, settings }: Config['sources'][number]) => {
    const { bodies = {}, open } = sourceTypes[type]?.types({ name, settings }) ?? {};
    const ofSource = open === undefined ? [] : named.filter((known) => known.startsWith(`${open}.`));
    return [...new Set([...Object.keys(bodies), ...ofSource])];
  };
  return new Map(sources.map((source) => [source.name, typesOf(source)]));
}

export function createIngressMetrics(metrics: Metrics, known: KnownTypes): IngressMetrics {
  const ack = metrics.histogram({
    name: 'ringback_ack_seconds',
    help: 'From the whole request of a callback to its positive answer.',
    buckets: ACK_BUCKETS,
  });
  const acked = ack.of();
  const { count, know, totals } = createReceivedCounter(metrics);
  let slow = 0;
  know(known);
  return {
    ...metrics,
    know,
    totals: () => ({ ...totals(), slow }),
    count(received) {
      count(received);
      if (received.result !== 'acked' || received.ms === undefined) return;
      acked.observe(received.ms / 1000);
      if (received.ms > SLOW_ACK_MS) slow += 1;
    },
    settings: (state) => showSettings(metrics, state),
    readiness: (notReadyReasons) => showReadiness(metrics, notReadyReasons),
    measured: createMeasured(metrics),
    spool: createSpoolGauge(metrics),
  };
}

type ReceivedCounter = Pick<IngressMetrics, 'count' | 'know'> & {
  readonly totals: () => Omit<ReturnType<IngressMetrics['totals']>, 'slow'>;
};

function createReceivedCounter(metrics: Metrics): ReceivedCounter {
  const counter = metrics.counter({
    name: 'ringback_callbacks_received_total',
    help: 'Requests that were answered, by what came of them.',
    labels: ['source', 'type', 'result', 'reason'],
  });
  const countOf = (source: string, type: string, result: string, reason: string) => counter.of({ source, type, result, reason });
  const bySource = new Map<string, ReadonlyMap<string, Count>>();
  return {
    know(known) {
      for (const [source, types] of known) {
        bySource.set(source, new Map([...types, 'other'].map((type) => [type, countOf(source, type, 'acked', 'none')])));
      }
      // Shown before the first one: without its zero Prometheus sees no increase, and no alert hears of it.
      for (const source of [...known.keys(), 'none']) for (const reason of OUR_FAULT) countOf(source, 'none', 'refused', reason);
    },
    count({ source, type, result, code }) {
      const types = bySource.get(source ?? '');
      if (result === 'acked') {
        const one = types?.get(type ?? '') ?? types?.get('other');
        if (one) one.value += 1;
        return;
      }
      countOf(types && source !== undefined ? source : 'none', 'none', result, code ?? 'none').value += 1;
    },
    totals: () => ({
      acked: counter.sum({ result: 'acked' }),
      refused: counter.sum({ result: 'refused' }),
      ourFault: OUR_FAULT.reduce((total, reason) => total + counter.sum({ result: 'refused', reason }), 0),
    }),
  };
}

function createMeasured(metrics: Metrics): IngressMetrics['measured'] {
  const groups = metrics.histogram({
    name: 'ringback_group_size',
    help: 'Callbacks that were written together.',
    buckets: GROUP_BUCKETS,
  });
  const writes = metrics.histogram({
    name: 'ringback_enqueue_seconds',
    help: 'How long it took to write a group and to confirm it, also one that failed.',
    buckets: ACK_BUCKETS,
  });
  const [size, took] = [groups.of(), writes.of()];
  return (producer) => ({
    ...producer,
    async write(batch) {
      size.observe(batch.callbacks.length);
      const began = performance.now();
      try {
        await producer.write(batch);
      } finally {
        took.observe((performance.now() - began) / 1000);
      }
    },
  });
}

function createSpoolGauge(metrics: Metrics): IngressMetrics['spool'] {
  const gauge = metrics.gauge({ name: 'ringback_spool_callbacks', help: 'Callbacks that wait on disk for Redis.' });
  gauge.replace([]);
  return (spooling) => {
    if (spooling) metrics.before(() => gauge.replace([{ value: spooling() }]));
  };
}
