import type { Config } from '@ringback/config';
import { type Metrics, showReadiness, showSettings } from '@ringback/observability';
import type { LookResult } from '../alerts/report-looks.ts';
import type { ServedOutput } from '../output/output.ts';
import type { OpenShard } from '../shard/shard.ts';
import { createAttemptCounters, type OnAttempt } from './attempts.ts';
import { createDispatchedCounter, type Dispatched } from './dispatched.ts';
import { createMemoryGauges } from './memory.ts';
import { createOutputStates } from './output-states.ts';
import { createShardReader, queueOf, type ShardFacts } from './read-shard.ts';
import { createRedisGauges } from './redis.ts';
import { createSnapshot } from './snapshot.ts';

export type WorkerMetrics = Pick<Metrics, 'text' | 'contentType'> & {
  readonly dispatched: (batch: Dispatched) => void;
  readonly attemptsOf: (output: string) => OnAttempt;
  /** Since the start. */
  readonly totals: () => Readonly<Record<'dispatched' | 'delivered' | 'retried' | 'dead', number>>;
  readonly historyDropped: (dropped: { readonly callbacks: number; readonly attempts: number }) => void;
  readonly alertLooked: (result: LookResult) => void;
  /** Shows which settings run. Once. */
  readonly settings: (state: Parameters<typeof showSettings>[1]) => void;
  /** Shows whether the process is ready. Once. */
  readonly readiness: (notReadyReasons: Parameters<typeof showReadiness>[1]) => void;
  /** From now on scrapes show what stands in Redis, and the states of outputs. */
  readonly watch: (watched: Watched) => void;
};

type Watched = {
  readonly config: Pick<Config, 'redis' | 'history'>;
  /** All, served or not: every worker shows the same. */
  readonly shards: readonly Pick<OpenShard, 'access' | 'watch' | 'clock'>[];
  /** Current value; settings may reload. */
  readonly outputs: () => readonly Pick<ServedOutput, 'output' | 'breaker'>[];
};

export function createWorkerMetrics(metrics: Metrics): WorkerMetrics {
  const lost = metrics.counter({
    name: 'ringback_history_dropped_total',
    help: 'What this process did not hand over to the history, since its buffer was full.',
    labels: ['what'],
  });
  const [callbacks, attempts] = [lost.of({ what: 'callbacks' }), lost.of({ what: 'attempts' })];
  const dispatched = createDispatchedCounter(metrics);
  const attempted = createAttemptCounters(metrics);
  return {
    ...metrics,
    dispatched: dispatched.count,
    attemptsOf: attempted.of,
    totals: () => ({ dispatched: dispatched.total(), ...attempted.totals() }),
    historyDropped(dropped) {
      callbacks.value += dropped.callbacks;
      attempts.value += dropped.attempts;
    },
    alertLooked: createLooksCounter(metrics),
    settings: (state) => showSettings(metrics, state),
    readiness: (notReadyReasons) => showReadiness(metrics, notReadyReasons),
    watch: (watched) => watch(metrics, watched),
  };
}

function createLooksCounter(metrics: Metrics): WorkerMetrics['alertLooked'] {
  const looks = metrics.counter({
    name: 'ringback_alert_looks_total',
    help: 'Looks of this process for problems to tell, by what came of them.',
    labels: ['result'],
  });
  const of = (result: LookResult) => looks.of({ result });
  const counts = { succeeded: of('succeeded'), incomplete: of('incomplete'), failed: of('failed') };
  return (result) => void (counts[result].value += 1);
}

function watch(metrics: Metrics, { config, shards, outputs }: Watched): void {
  const names = () => outputs().map(({ output }) => output.name);
  const errors = metrics.counter({
    name: 'ringback_scrape_errors_total',
    help: 'Shards of Redis that did not answer a scrape in time.',
  });
  const failed = errors.of();
  const snapshots = shards.map(({ access }) =>
    createSnapshot({
      read: createShardReader({ ...access, outputs: names, history: config.history !== undefined }),
      now: () => performance.now(),
      failed: () => void (failed.value += 1),
    }),
  );
  const showRedis = createRedisGauges(metrics, names);
  const showMemory = createMemoryGauges(metrics, config);
  const showStates = createOutputStates(metrics, { outputs, wall: Date.now });
  metrics.before(async () => {
    const facts = await Promise.all(snapshots.map((snapshot) => snapshot()));
    showRedis(facts);
    showMemory(shards);
    showStates(pausedIn(facts, names()));
  });
}

/** Undefined: no shard answered. An output that is paused in one shard is paused. */
function pausedIn(shards: readonly (ShardFacts | undefined)[], outputs: readonly string[]): ReadonlySet<string> | undefined {
  const known = shards.flatMap((shard) => shard ?? []);
  if (known.length === 0) return undefined;
  return new Set(outputs.filter((output) => known.some(({ queues }) => queues.get(queueOf(output))?.paused === true)));
}
