import { ERROR_CODES } from '@ringback/contracts';
import type { GaugeValue, Metrics } from '@ringback/observability';
import { NO_BACKLOG, type OutputBacklog } from '@ringback/queue';
import { UNKEPT_CODES } from '../dispatch/quarantine-entry.ts';
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
  let last: readonly (ShardFacts | undefined)[] = [];
  return (shards) => {
    const known = shards.flatMap((shard) => shard ?? []);
    // A counter MUST NOT fall while a shard is away: its return would look like new losses. Its last answer counts.
    last = shards.map((shard, number) => shard ?? last[number]);
    const ever = last.flatMap((shard) => shard ?? []);
    const counted = ever.length === shards.length ? ever : [];
    for (const show of shows) show({ known, counted, unread: shards.length - known.length });
  };
}

/** `counted`: of all shards, for counters. Empty until each has answered once. */
type Read = { readonly known: readonly ShardFacts[]; readonly counted: readonly ShardFacts[]; readonly unread: number };
type Show = (read: Read) => void;

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
/** Empty if there is nothing to take it of. */
const one = (numbers: readonly number[]): GaugeValue[] => (numbers.length === 0 ? [] : [{ value: Math.max(...numbers) }]);

function createQueueGauges(metrics: Metrics): Show {
  const gauge = (name: string, help: string) => metrics.gauge({ name: `ringback_queue_${name}`, help, labels: ['queue'] });
  const waiting = gauge('waiting', 'Jobs that wait to be taken. A job holds up to 64 callbacks or deliveries.');
  const delayed = gauge('delayed', 'Jobs that wait for their time, mostly retries.');
  const active = gauge('active', 'Jobs that a worker has taken.');
  const oldest = gauge('oldest_seconds', 'Age of what has waited longest. 0: nothing waits.');
  return ({ known }) => {
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
  const sums = (shards: readonly ShardFacts[], of: (facts: ShardFacts, output: string) => number) =>
    shards.length === 0
      ? []
      : outputs().map((output) => ({ labels: { output }, value: sumOf(shards.map((facts) => of(facts, output))) }));
  const ofBacklog = (shards: readonly ShardFacts[], part: keyof OutputBacklog) =>
    sums(shards, ({ backlog }, output) => (backlog.get(output) ?? NO_BACKLOG)[part]);
  return ({ known, counted }) => {
    dead.replace(sums(known, ({ queues }, output) => queues.get(queueOf(output))?.dead ?? 0));
    held.replace(ofBacklog(known, 'held'));
    bytes.replace(ofBacklog(known, 'bytes'));
    for (const { labels: own, value } of ofBacklog(counted, 'dropped')) dropped.of(own).value = value;
  };
}

function createHistoryGauges(metrics: Metrics): Show {
  const gauge = (name: string, help: string) => metrics.gauge({ name: `ringback_history_${name}`, help });
  const bytes = gauge('buffer_bytes', 'What waits in Redis for the history.');
  const events = gauge('buffer_events', 'Events that wait in Redis for the history.');
  const lag = gauge('lag_seconds', 'Age of the oldest event that the history has not got. 0: none waits.');
  return ({ known }) => {
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
    name: 'ringback_callbacks_lost_total',
    help: 'Callbacks that were lost, since the quarantine was full.',
    labels: ['reason'],
  });
  return ({ counted }) => {
    if (counted.length === 0) return;
    const all = counted.flatMap(({ unkept }) => unkept);
    // What stands in Redis may be anything.
    const groups = Map.groupBy(all, ({ name }) => (Object.hasOwn(ERROR_CODES, name) ? name : 'other'));
    for (const reason of new Set([...UNKEPT_CODES, ...groups.keys()]))
      counter.of({ reason }).value = sumOf((groups.get(reason) ?? []).map(({ count }) => count));
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
  return ({ known, unread: missing }) => {
    unread.replace([{ value: missing }]);
    roundTrip.replace(one(known.map((facts) => facts.roundTrip / 1000)));
  };
}
