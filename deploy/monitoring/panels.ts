/** What Grafana calls a unit. */
type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'reqps' | 'cores';
type Query = { readonly expr: string; readonly legend: string };

export type Panel = {
  readonly title: string;
  /** What a person looks for in it. */
  readonly description: string;
  readonly unit: Unit;
  /** `stat`: one number. Default: lines over time. */
  readonly kind?: 'stat' | 'timeseries';
  /** A `stat` is red from here on. */
  readonly redFrom?: number;
  readonly queries: readonly Query[];
};

export type Row = { readonly title: string; readonly panels: readonly Panel[] };

const query = (expr: string, legend = ''): Query => ({ expr, legend });
const RATE = '[$__rate_interval]';
const q = (quantile: number, metric: string, by = '') =>
  `histogram_quantile(${quantile}, sum by (le${by}) (rate(${metric}_bucket${RATE})))`;

const NOW: Row = {
  title: 'Now',
  panels: [
    stat('Ingresses', 'Processes that Prometheus reads.', 'count(ringback_build_info{app="ingress"})'),
    stat('Workers', 'Processes that Prometheus reads.', 'count(ringback_build_info{app="worker"})'),
    {
      ...stat('Oldest waiting', 'Age of what has waited longest, over callbacks and outputs.', ''),
      unit: 's',
      redFrom: 300,
      queries: [query('max(ringback_queue_oldest_seconds{queue=~"callbacks|output[.].+"})')],
    },
    {
      ...stat('Outputs that fail', 'Their breaker is open, or attempts fail.', ''),
      redFrom: 1,
      queries: [query('sum(max by (output) (ringback_output_state{state=~"open|probing|failing"}))')],
    },
    {
      ...stat('Dead letters', 'In Redis, of all outputs. They wait for a person.', ''),
      redFrom: 1,
      queries: [query('sum(max by (output) (ringback_dead_letters))')],
    },
    {
      ...stat('Redis memory', 'Share of maxmemory, the fullest shard.', ''),
      unit: 'percentunit',
      redFrom: 0.72,
      queries: [query('max(ringback_redis_memory_ratio)')],
    },
  ],
};

const CALLBACKS: Row = {
  title: 'Callbacks',
  panels: [
    lines('Received', 'Requests by what came of them.', 'reqps', [
      query(`sum by (result) (rate(ringback_callbacks_received_total${RATE}))`, '{{result}}'),
    ]),
    lines('Refused, by reason', 'Reasons are error codes: docs/errors.md.', 'reqps', [
      query(`sum by (reason) (rate(ringback_callbacks_received_total{result="refused"}${RATE}))`, '{{reason}}'),
    ]),
    lines('Acked, by type', 'Types that nobody named in the settings are `other`.', 'reqps', [
      query(`sum by (source, type) (rate(ringback_callbacks_received_total{result="acked"}${RATE}))`, '{{source}} {{type}}'),
    ]),
    lines('Ack', 'From the whole request to its answer.', 's', [
      query(q(0.5, 'ringback_ack_seconds'), 'p50'),
      query(q(0.99, 'ringback_ack_seconds'), 'p99'),
    ]),
    lines('Write to Redis', 'One write of a group with its confirmation.', 's', [
      query(q(0.5, 'ringback_enqueue_seconds'), 'p50'),
      query(q(0.99, 'ringback_enqueue_seconds'), 'p99'),
    ]),
    lines('Group size', 'Callbacks that were written together, on average.', 'short', [
      query(`sum(rate(ringback_group_size_sum${RATE})) / sum(rate(ringback_group_size_count${RATE}))`, 'callbacks'),
    ]),
    lines('Dispatched', 'What workers took from the queue, by what came of it.', 'reqps', [
      query(`sum by (result) (rate(ringback_callbacks_dispatched_total${RATE}))`, '{{result}}'),
    ]),
    lines('Spool', 'Callbacks that wait on disk for Redis.', 'short', [
      query('sum by (instance) (ringback_spool_callbacks)', '{{instance}}'),
    ]),
  ],
};

const DELIVERIES: Row = {
  title: 'Deliveries',
  panels: [
    lines('Output state', '1: at some worker the output is paused, fails, or has its breaker open.', 'short', [
      query('max by (output, state) (ringback_output_state{state!="running"})', '{{output}} {{state}}'),
    ]),
    lines('In its state for', 'Since the first failure in a row, if it fails.', 's', [
      query('time() - min by (output) (ringback_output_state_since_timestamp_seconds)', '{{output}}'),
    ]),
    lines('Attempts', 'By output and what came of the delivery.', 'reqps', [
      query(`sum by (output, outcome) (rate(ringback_deliveries_total${RATE}))`, '{{output}} {{outcome}}'),
    ]),
    lines('Failures, by reason', 'Attempts that did not deliver.', 'reqps', [
      query(`sum by (output, reason) (rate(ringback_deliveries_total{outcome!="delivered"}${RATE}))`, '{{output}} {{reason}}'),
    ]),
    lines('Attempt, p99', 'How long an attempt takes.', 's', [
      query(q(0.99, 'ringback_attempt_seconds', ', output'), '{{output}}'),
    ]),
    lines('From arrival to delivery, p95', 'It grows while deliveries wait.', 's', [
      query(q(0.95, 'ringback_ack_to_delivery_seconds', ', output'), '{{output}}'),
    ]),
    lines('Oldest waiting, by queue', 'Quarantine and unrouted wait for a person.', 's', [
      query('max by (queue) (ringback_queue_oldest_seconds)', '{{queue}}'),
    ]),
    lines('Jobs that wait', 'With those that wait for their time, and those under way.', 'short', [
      query('max by (queue) (ringback_queue_waiting)', '{{queue}}'),
      query('max by (queue) (ringback_queue_delayed)', '{{queue}} later'),
      query('max by (queue) (ringback_queue_active)', '{{queue}} under way'),
    ]),
    lines('Held deliveries', 'Kept without a job, since the output cannot take them now.', 'short', [
      query('max by (output) (ringback_output_held_deliveries)', '{{output}}'),
    ]),
    lines('Backlog', 'Stored in Redis by reference.', 'bytes', [
      query('max by (output) (ringback_output_backlog_bytes)', '{{output}}'),
    ]),
    lines('Dead letters, by output', 'In Redis. With a history they rest there after an hour.', 'short', [
      query('max by (output) (ringback_dead_letters)', '{{output}}'),
    ]),
    lines('Dropped', 'Beyond the backlog of their output, a day.', 'short', [
      query('max by (output) (increase(ringback_deliveries_dropped_total[1d]))', '{{output}}'),
    ]),
  ],
};

const REDIS: Row = {
  title: 'Redis and history',
  panels: [
    lines('Memory', 'From `high` on callbacks are refused, until less than `low` is used.', 'percentunit', [
      query('max(ringback_redis_memory_ratio)', 'used'),
      query('max by (level) (ringback_redis_memory_watermark_ratio)', '{{level}}'),
    ]),
    lines('Round trip', 'The slowest shard, as the slowest worker sees it.', 's', [
      query('max(ringback_redis_round_trip_seconds)', 'round trip'),
    ]),
    lines('Shards that do not answer', 'At the worker that reads most of them, and failed reads.', 'short', [
      query('min(ringback_redis_shards_unread)', 'shards'),
      query(`sum(increase(ringback_scrape_errors_total${RATE}))`, 'failed reads'),
    ]),
    lines('Clock skew', 'How far a machine is ahead of Redis.', 's', [query('ringback_clock_skew_seconds', '{{instance}}')]),
    lines('History lag', 'Age of the oldest event that the history has not got.', 's', [
      query('max(ringback_history_lag_seconds)', 'lag'),
    ]),
    lines('History buffer', 'What waits in Redis for the history.', 'bytes', [
      query('max(ringback_history_buffer_bytes)', 'bytes'),
    ]),
    lines('History dropped', 'What it did not get, an hour.', 'short', [
      query('sum by (what) (increase(ringback_history_dropped_total[1h]))', '{{what}}'),
    ]),
  ],
};

const PROCESSES: Row = {
  title: 'Processes',
  panels: [
    lines('Versions', 'More than one of an app: a rolling change is under way.', 'short', [
      query('count by (app, version) (ringback_build_info)', '{{app}} {{version}}'),
    ]),
    lines('CPU', 'A process uses one core for its event loop, and some for threads.', 'cores', [
      query(
        `rate(process_cpu_seconds_total${RATE}) * on (instance) group_left (app) ringback_build_info`,
        '{{app}} {{instance}}',
      ),
    ]),
    lines('Event loop lag, p99', 'How late the event loop runs.', 's', [
      query('nodejs_eventloop_lag_p99_seconds * on (instance) group_left (app) ringback_build_info', '{{app}} {{instance}}'),
    ]),
    lines('Memory of processes', 'As the operating system sees it.', 'bytes', [
      query('process_resident_memory_bytes * on (instance) group_left (app) ringback_build_info', '{{app}} {{instance}}'),
    ]),
  ],
};

function stat(title: string, description: string, expr: string): Panel {
  return { title, description, unit: 'short', kind: 'stat', queries: [query(expr)] };
}

function lines(title: string, description: string, unit: Unit, queries: readonly Query[]): Panel {
  return { title, description, unit, queries };
}

export const ROWS: readonly Row[] = [NOW, CALLBACKS, DELIVERIES, REDIS, PROCESSES];
