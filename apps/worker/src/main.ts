import { setMaxListeners } from 'node:events';
import { type Config, inspectConfig, type InspectedConfig, requireSettingsFile, workerParts } from '@ringback/config';
import type { Callback, Logger } from '@ringback/contracts';
import {
  createLogger,
  createMetrics,
  openStdout,
  printsVersion,
  startAdminServer,
  stopSignal,
  surviveBrokenConnections,
  VERSION,
} from '@ringback/observability';
import { createHttpClient, createOutput, outputTypes } from '@ringback/outputs';
import { announce, usedKeys } from '@ringback/queue';
import { createShardCountWatch, shardsOf } from '@ringback/redis';
import { checkCondition, createRouter } from '@ringback/routing';
import { createSources, sourceTypes } from '@ringback/sources';
import { startHistory } from './history/history.ts';
import { createWorkerMetrics, type WorkerMetrics } from './metrics/metrics.ts';
import { openLanes } from './output/lanes.ts';
import { openOutput, type ServedOutput } from './output/output.ts';
import { watchPause } from './output/pause-watch.ts';
import { allQueues } from './all-queues.ts';
import { createReadiness } from './readiness.ts';
import { reportRemovedOutputs } from './output/removed-outputs.ts';
import { runUntilStopped } from './run-until-stopped.ts';
import { openShard, type WorkShard } from './shard/shard.ts';
import { openShardWorks } from './shard/shard-work.ts';

const DEFAULT_ADMIN_PORT = 9090;
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
  const { config, locate } = inspectConfig({ path, env: process.env, sourceTypes, outputTypes, checkCondition });
  const logger = createLogger({ app: 'worker', level: config.log.level, stdout });
  const stopped = stopSignal();
  surviveBrokenConnections(logger);
  const stopping = new AbortController();
  // Each shard listens.
  setMaxListeners(0, stopping.signal);

  const shardCount = await watchShardCount(config.redis, logger);
  const metrics = createWorkerMetrics(createMetrics({ app: 'worker', version: VERSION }));
  const places = shardsOf(config.redis);
  const shards = places.map((shard, number) => openShard({ shard, number, config, ...metrics, now: elapsed, logger }));
  const served = shards.filter(({ number }) => config.worker.shards?.includes(number) ?? true);
  const names = config.outputs.map(({ name }) => name);
  const reportRemoved = createRemovedReport(served, names);
  reportRemoved();
  const outputs = openOutputs({ config, locate }, { ...metrics, logger });
  metrics.watch({ config, shards, outputs });
  const self = { app: 'worker', version: VERSION, parts: workerParts(config) } as const;
  const announced = announce({ ...places[0], ...self, failing: () => failingOf(outputs), onSame: reportRemoved, logger });
  const common = { config, shards, stopping: stopping.signal, now: elapsed };
  const lanes = openLanes({ ...common, outputs, served });
  const routing = { router: createRouter({ routes: config.routes }), businessKeyOf: createBusinessKeyOf(config), shardCount };
  const callbacks = openShardWorks({ ...common, ...routing, ...metrics, lanes, served });

  const readiness = createReadiness({ served, shardCount, now: elapsed });
  const reasons = async () => (stopping.signal.aborted ? ['the process is stopping'] : readiness.notReadyReasons());
  const { facts: ofPause } = watchPause({ queue: allQueues(callbacks), now: elapsed, logger });
  const facts = () => ({ ...ofPause(), ...readiness.facts() });
  const pages = { notReadyReasons: reasons, facts, metrics };
  const admin = await startAdminServer({ ...config.worker, defaultPort: DEFAULT_ADMIN_PORT, ...pages, logger });
  const numbers = served.map(({ number }) => number);
  const which = shards.length === 1 ? {} : { shards: numbers, of: shards.length };
  logger.info({ ...BUILD, adminUrl: admin.url, outputs: names, settings: path, ...which }, 'worker is up');

  const work = [...shards.flatMap((shard) => [...lanes.in(shard).values()]), ...callbacks];
  const history = startHistory({ config, settingsPath: path, served: numbers, ...lanes, ...metrics, logger });
  const code = await runUntilStopped({ ...config.worker, ...shardCount, work, stopped, stopping, logger });
  // After the last outcome.
  await history?.close();
  await announced.close();
  process.exit(code);
}

/** @throws RingbackError RB_SHARDS_DIFFER or RB_RESHARDING: the worker MUST NOT run */
async function watchShardCount(settings: Config['redis'], logger: Logger) {
  const shardCount = createShardCountWatch({ ...settings, app: 'worker', usedBy: usedKeys, logger });
  await shardCount.opened(WAIT_FOR_REDIS_MS);
  return shardCount;
}

type Inspected = Pick<InspectedConfig, 'config' | 'locate'>;

type Counting = Pick<WorkerMetrics, 'attemptsOf'> & { readonly logger: Logger };

function openOutputs({ config, locate }: Inspected, { attemptsOf, logger }: Counting): ServedOutput[] {
  const types = new Map(config.sources.map(({ name, type }) => [name, type]));
  const sourceTypeOf = (source: string) => types.get(source);
  const deps = { http: createHttpClient(), writeLine: stdout.writeLine, now: Date.now, sourceTypeOf };
  return config.outputs.map((settings, index) => {
    const output = locate(['outputs', index], () => createOutput(settings, deps));
    return openOutput({ output, settings, now: elapsed, attempted: attemptsOf(settings.name), logger });
  });
}

function createRemovedReport(served: readonly WorkShard[], outputs: readonly string[]) {
  return () => {
    // Not awaited: Redis may be away, and these are only log lines.
    for (const shard of served) void reportRemovedOutputs({ ...shard.access, ...shard, outputs });
  };
}

function failingOf(outputs: readonly ServedOutput[]) {
  return Object.fromEntries(
    outputs.flatMap(({ output, breaker }) => {
      const { failing } = breaker.status();
      return failing ? [[output.name, failing] as const] : [];
    }),
  );
}

function createBusinessKeyOf(config: Pick<Config, 'sources' | 'dedupe'>) {
  const sources = new Map(createSources(config.sources).map((source) => [source.name, source]));
  return (callback: Callback) => (config.dedupe.businessKey ? sources.get(callback.source)?.businessKey(callback) : undefined);
}
