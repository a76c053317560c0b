import { type Config, inspectConfig, type InspectedConfig, requireSettingsFile, workerParts } from '@ringback/config';
import type { Callback, Logger } from '@ringback/contracts';
import {
  createLogger,
  openStdout,
  printsVersion,
  startAdminServer,
  stopSignal,
  surviveBrokenConnections,
  VERSION,
} from '@ringback/observability';
import { createHttpClient, createOutput, outputTypes } from '@ringback/outputs';
import { announce, usedKeys } from '@ringback/queue';
import { createShardCountWatch, notReadyReasons, shardsOf } from '@ringback/redis';
import { checkCondition, createRouter } from '@ringback/routing';
import { createSources, sourceTypes } from '@ringback/sources';
import { createDefaultBound } from './default-bound.ts';
import { openOutput, type ServedOutput } from './output.ts';
import { openLane } from './output-lane.ts';
import { watchPause } from './pause-watch.ts';
import { reportRemovedOutputs } from './removed-outputs.ts';
import { runUntilStopped } from './run-until-stopped.ts';
import { openShard } from './shard.ts';
import { openShardWork } from './shard-work.ts';

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

  const shardCount = await watchShardCount(config.redis, logger);
  const { adminHost: host, adminPort: port } = config.worker;
  const [place] = shardsOf(config.redis);
  const shard = openShard({ shard: place, config, now: elapsed, logger });
  const { access, watch } = shard;
  const reportRemoved = () => reportRemovedOutputs({ ...access, outputs: config.outputs.map(({ name }) => name), logger });
  // Not awaited: Redis may be away, and this is only a log line.
  void reportRemoved();
  const outputs = openOutputs({ config, locate }, logger);
  const self = { app: 'worker', version: VERSION, parts: workerParts(config) } as const;
  const telling = { failing: () => failingOf(outputs), onSame: () => void reportRemoved() };
  const announced = announce({ ...place, ...self, ...telling, logger });
  const most = createDefaultBound({ config, maxmemory: watch.maxmemory });
  const common = { stopping: stopping.signal, now: elapsed, logger };
  const lanes = new Map(
    outputs.map((output) => [output.output.name, openLane({ ...common, ...shard, ...watch, output, most })] as const),
  );
  const routing = { router: createRouter({ routes: config.routes }), businessKeyOf: createBusinessKeyOf(config), shardCount };
  const { queue, work } = openShardWork({ ...common, ...routing, config, shard, lanes });

  const reasons = async () => (stopping.signal.aborted ? ['the process is stopping'] : notReadyReasons({ watch }));
  const { facts } = watchPause({ queue, now: elapsed, logger });
  const admin = await startAdminServer({ host, port, defaultPort: DEFAULT_ADMIN_PORT, notReadyReasons: reasons, facts });
  logger.info({ ...BUILD, adminUrl: admin.url, outputs: [...lanes.keys()], settings: path }, 'worker is up');

  const code = await runUntilStopped({
    ...config.worker,
    ...shardCount,
    work,
    refused: watch.refused,
    stopped,
    stopping,
    logger,
  });
  await announced.close();
  process.exit(code);
}

/** @throws RingbackError RB_SHARDS_DIFFER or RB_RESHARDING: the worker MUST NOT run */
async function watchShardCount(settings: Config['redis'], logger: Logger) {
  const shardCount = createShardCountWatch({ ...settings, app: 'worker', usedBy: usedKeys, logger });
  await shardCount.opened(WAIT_FOR_REDIS_MS);
  return shardCount;
}

function openOutputs({ config, locate }: Pick<InspectedConfig, 'config' | 'locate'>, logger: Logger): ServedOutput[] {
  const types = new Map(config.sources.map(({ name, type }) => [name, type]));
  const sourceTypeOf = (source: string) => types.get(source);
  const deps = { http: createHttpClient(), writeLine: stdout.writeLine, now: Date.now, sourceTypeOf };
  return config.outputs.map((settings, index) => {
    const output = locate(['outputs', index], () => createOutput(settings, deps));
    return openOutput({ output, settings, now: elapsed, logger });
  });
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
