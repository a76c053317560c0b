import { ERROR_CODES } from '@ringback/contracts';
import type { GaugeValue, Metrics } from '@ringback/observability';
import { NO_BACKLOG, type OutputBacklog } from '@ringback/queue';
import { queueOf, type ShardFacts } from './read-shard.ts';

export type ShowRedis = (shards: readonly (ShardFacts | undefined)[]) => void;

/** Shows what stands in Redis, over all shards that answered. What is not known is left out. */
export function createRedisGauges(metrics: Metrics, outputs: () => readonly string[]): ShowRedis {
  const shows = [
    createQueueGauges(metrics),
    createOutputGauges(metrics, outputs),
    createHistoryGauges(metrics),
    createUnkeptCounter(metrics),
    createReachGauges(metrics),
  ];
  return (shards) => {
    const known = shards.flatMap((shard) => shard ?? []);
    for (const show of shows) show(known, shards.length - known.length);
  };
}

type Show = (known: readonly ShardFacts[], unread: number) => void;

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
/** Empty if there is nothing to take it of. */
const one = (numbers: readonly number[]): GaugeValue[] => (numbers.length === 0 ? [] : [{ value: Math.max(...numbers) }]);

function createQueueGauges(metrics: Metrics): Show {
  const gauge = (name: string, help: string) => metrics.gauge({ name: `ringback_queue_${name}`, help, labels: ['queue'] });
  const waiting = gauge('waiting', 'Jobs that wait to be taken. A job holds up to 64 callbacks or deliveries.');
  const delayed = gauge('delayed', 'Jobs that wait for their time, mostly retries.');
  const active = gauge('active', 'Jobs that a worker has taken.');
  const oldest = gauge('oldest_seconds', 'Age of what has waited longest. 0: nothing waits.');
  return (known) => {
    const names = [...(known[0]?.queues.keys() ?? [])];
    const of = (name: string) => known.flatMap(({ queues }) => queues.get(name) ?? []);
    const sums = (part: 'waiting' | 'delayed' | 'active') =>
      names.map((queue) => ({ labels: { queue }, value: sumOf(of(queue).map((facts) => facts[part])) }));
    waiting.replace(sums('waiting'));
    delayed.replace(sums('delayed'));
    active.replace(sums('active'));
    const age = (queue: string) => Math.max(...of(queue).map((facts) => facts.age)) / 1000;
    oldest.replace(names.map((queue) => ({ labels: { queue }, value: age(queue) })));
  };
}

function createOutputGauges(metrics: Metrics, outputs: () => readonly string[]): Show {
  const labels = ['output'];
  const gauge = (name: string, help: string) => metrics.gauge({ name: `ringback_${name}`, help, labels });
  const dead = gauge('dead_letters', 'Jobs in Redis that are not tried again by themselves.');
  const held = gauge('output_held_deliveries', 'Deliveries that the output cannot take now, kept without a job.');
  const bytes = gauge('output_backlog_bytes', 'What is stored in Redis for the output by reference, without dead letters.');
  const dropped = metrics.counter({
    name: 'ringback_deliveries_dropped_total',
    help: 'Deliveries beyond the backlog of their output, dropped by its rule.',
    labels,
  });
  return (known) => {
    if (known.length === 0) {
      for (const unknown of [dead, held, bytes]) unknown.replace([]);
      return;
    }
    const sums = (of: (facts: ShardFacts, output: string) => number) =>
      outputs().map((output) => ({ labels: { output }, value: sumOf(known.map((facts) => of(facts, output))) }));
    const ofBacklog = (part: keyof OutputBacklog) => sums(({ backlog }, output) => (backlog.get(output) ?? NO_BACKLOG)[part]);
    dead.replace(sums(({ queues }, output) => queues.get(queueOf(output))?.dead ?? 0));
    held.replace(ofBacklog('held'));
    bytes.replace(ofBacklog('bytes'));
    for (const { labels: own, value } of ofBacklog('dropped')) dropped.of(own).value = value;
  };
}

function createHistoryGauges(metrics: Metrics): Show {
  const gauge = (name: string, help: string) => metrics.gauge({ name: `ringback_history_${name}`, help });
  const bytes = gauge('buffer_bytes', 'What waits in Redis for the history.');
  const events = gauge('buffer_events', 'Events that wait in Redis for the history.');
  const lag = gauge('lag_seconds', 'Age of the oldest event that the history has not got. 0: none waits.');
  return (known) => {
    const buffers = known.flatMap(({ history, now }) => (history ? [{ ...history, now }] : []));
    const sum = (part: 'bytes' | 'events'): GaugeValue[] =>
      buffers.length === 0 ? [] : [{ value: sumOf(buffers.map((buffer) => buffer[part])) }];
    bytes.replace(sum('bytes'));
    events.replace(sum('events'));
    lag.replace(one(buffers.map(({ oldest, now }) => Math.max(0, now - (oldest ?? now)) / 1000)));
  };
}

function createUnkeptCounter(metrics: Metrics): Show {
  const counter = metrics.counter({
    name: 'ringback_callbacks_unkept_total',
    help: 'Callbacks that were lost, since the quarantine was full.',
    labels: ['reason'],
  });
  return (known) => {
    const all = known.flatMap(({ unkept }) => unkept);
    // What stands in Redis may be anything.
    const groups = Map.groupBy(all, ({ name }) => (Object.hasOwn(ERROR_CODES, name) ? name : 'other'));
    for (const [reason, counts] of groups) counter.of({ reason }).value = sumOf(counts.map(({ count }) => count));
  };
}

function createReachGauges(metrics: Metrics): Show {
  const unread = metrics.gauge({
    name: 'ringback_redis_shards_unread',
    help: 'Shards that are not in these numbers: they did not answer.',
  });
  const roundTrip = metrics.gauge({
    name: 'ringback_redis_round_trip_seconds',
    help: 'A round trip to Redis, the slowest over its shards.',
  });
  return (known, missing) => {
    unread.replace([{ value: missing }]);
    roundTrip.replace(one(known.map((facts) => facts.roundTrip / 1000)));
  };
}
