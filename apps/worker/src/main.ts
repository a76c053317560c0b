import { setMaxListeners } from 'node:events';
import { type Config, createSettingsReader, DEFAULT_ADMIN_PORTS, requireSettingsFile } from '@ringback/config';
import type { Logger } from '@ringback/contracts';
import {
  countDroppedLines,
  createLogger,
  createMetrics,
  openStdout,
  printsVersion,
  startAdminServer,
  stopSignal,
  surviveBrokenConnections,
  switchLevelBySignal,
  VERSION,
} from '@ringback/observability';
import { createHttpClient, outputTypes } from '@ringback/outputs';
import { createLogMask } from '@ringback/privacy';
import { announce, STOPPING, usedKeys } from '@ringback/queue';
import { createShardCountWatch, shardsOf } from '@ringback/redis';
import { checkCondition } from '@ringback/routing';
import { sourceTypes } from '@ringback/sources';
import { type Followed, followSettings, type FollowOptions } from './follow-settings.ts';
import { createWorkerMetrics, type WorkerMetrics } from './metrics/metrics.ts';
import { failingOf } from './output/open-outputs.ts';
import { watchPause } from './output/pause-watch.ts';
import { allQueues } from './all-queues.ts';
import { createProcessState } from './process-state.ts';
import { createReadiness } from './readiness.ts';
import { runUntilStopped } from './run-until-stopped.ts';
import { openShard } from './shard/shard.ts';
import { openTraces } from './traces.ts';

const BUILD = { version: VERSION, node: process.version };
/** ms. The worker starts without Redis, too. */
const WAIT_FOR_REDIS_MS = 3000;

/** Monotonic: the system clock may jump. */
const elapsed = () => performance.now();

const stdout = openStdout();
const bootLogger = createLogger({ app: 'worker', level: 'info', stdout });

try {
  if (!printsVersion(process.argv)) await run();
} catch (error) {
  bootLogger.error({ err: error }, 'worker cannot run');
  // Open handles would keep the process alive.
  process.exit(1);
}

/** env → deps → consume → graceful close. */
async function run(): Promise<void> {
  const path = requireSettingsFile(process.env);
  const reload = Promise.withResolvers<() => void>();
  const stopped = stopSignal(() => void reload.promise.then((soon) => soon()));
  const reader = createSettingsReader({ path, env: process.env, sourceTypes, outputTypes, checkCondition });
  const started = reader.read();
  const live = { config: started.config };
  const settings = () => live.config;
  const { redis, worker, log } = started.config;
  const mask = createLogMask(() => settings().privacy?.mask?.logs);
  const logger = switchLevelBySignal(createLogger({ app: 'worker', level: log.level, stdout, mask }), () => settings().log.level);
  surviveBrokenConnections(logger);
  const stopping = new AbortController();
  // Each shard listens.
  setMaxListeners(0, stopping.signal);

  const shardCount = await watchShardCount(redis, logger);
  const { counted, metrics } = openMetrics();
  const { traces, close: endTraces } = await openTraces({ settings: started.config.tracing, mask, metrics: counted, logger });
  const { historyDropped } = metrics;
  const shards = shardsOf(redis).map((shard, number) =>
    openShard({ shard, number, settings, historyDropped, traces, now: elapsed, logger }),
  );
  const served = shards.filter(({ number }) => worker.shards?.includes(number) ?? true);
  const common = { metrics, shards, served, shardCount, stopping: stopping.signal, now: elapsed, logger };
  const followed = followSettings({ ...common, path, reader, started, live, deps: outputDeps(settings) });
  const { generations, reloader, history, alerts } = followed;
  const readiness = openReadiness(common);
  metrics.readiness(readiness.notReadyReasons);
  const announced = openAnnounced(redis, { ...followed, ...readiness, metrics, logger });
  const adminUrl = await openAdmin({ ...readiness, worker, served, metrics, logger });
  const which = shards.length === 1 ? {} : { shards: served.map(({ number }) => number), of: shards.length };
  const outputs = started.config.outputs.map(({ name }) => name);
  logger.info({ ...BUILD, adminUrl, outputs, settings: path, ...which }, 'worker is up');
  reload.resolve(reloader.reload);

  const { work } = generations;
  const [bounds, settled] = [() => settings().worker, () => reloader.close()];
  const code = await runUntilStopped({ ...shardCount, work, bounds, settled, stopped, stopping, logger });
  // After the last outcome.
  await Promise.all([history?.close(), alerts.close()]);
  await Promise.all([announced.close(), endTraces()]);
  process.exit(code);
}

function openMetrics() {
  const counted = countDroppedLines(createMetrics({ app: 'worker', version: VERSION }), stdout);
  return { counted, metrics: createWorkerMetrics(counted) };
}

type Readiness = ReturnType<typeof openReadiness>;

function openReadiness({
  served,
  shardCount,
  stopping,
}: Parameters<typeof createReadiness>[0] & { readonly stopping: AbortSignal }) {
  const readiness = createReadiness({ served, shardCount, now: elapsed });
  const notReadyReasons = async () => (stopping.aborted ? [STOPPING] : readiness.notReadyReasons());
  return { facts: () => readiness.facts(), notReadyReasons };
}

type AnnouncedOptions = Followed &
  Pick<Readiness, 'notReadyReasons'> & { readonly metrics: WorkerMetrics; readonly logger: Logger };

function openAnnounced(redis: Config['redis'], options: AnnouncedOptions) {
  const { generations, reloader, reportRemoved: onSame, logger } = options;
  const [first] = shardsOf(redis);
  const outputs = () => generations.current().outputs;
  const failing = () => failingOf(outputs());
  const state = createProcessState({ ...options, outputs, settings: reloader.state, now: elapsed });
  return announce({ ...first, app: 'worker', version: VERSION, settings: reloader, failing, state, onSame, logger });
}

type AdminOptions = Readiness &
  Pick<FollowOptions, 'served' | 'logger'> & {
    readonly worker: Config['worker'];
    readonly metrics: Parameters<typeof startAdminServer>[0]['metrics'];
  };

/** Resolves to its URL. */
async function openAdmin({ worker, served, facts: ofShards, logger, ...pages }: AdminOptions): Promise<string> {
  const { facts: ofPause } = watchPause({ queue: allQueues(served), now: elapsed, logger });
  const facts = () => ({ ...ofPause(), ...ofShards() });
  const { url } = await startAdminServer({ ...worker, defaultPort: DEFAULT_ADMIN_PORTS.worker, ...pages, facts, logger });
  return url;
}

/** @throws RingbackError RB_SHARDS_DIFFER or RB_RESHARDING: the worker MUST NOT run */
async function watchShardCount(settings: Config['redis'], logger: Logger) {
  const shardCount = createShardCountWatch({ ...settings, app: 'worker', usedBy: usedKeys, logger });
  await shardCount.opened(WAIT_FOR_REDIS_MS);
  return shardCount;
}

/** One HTTP client for all generations: connections stay. */
function outputDeps(settings: () => Config) {
  const sourceTypeOf = (source: string) => settings().sources.find(({ name }) => name === source)?.type;
  return { http: createHttpClient(), writeLine: stdout.writeLine, now: Date.now, sourceTypeOf };
}
