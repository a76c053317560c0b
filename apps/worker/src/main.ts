import { type Config, inspectConfig, type InspectedConfig, requireSettingsFile, workerParts } from '@ringback/config';
import type { Callback, Logger } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
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
import {
  announce,
  callbackQueueState,
  consumeCallbacks,
  type Consumer,
  createBodies,
  createDropNoter,
  createQuarantine,
  createRouteCounts,
  createUnroutedQuarantine,
  type QueueState,
  usedKeys,
} from '@ringback/queue';
import {
  connectPatient,
  createErrorReporter,
  createLossMemory,
  createRedisWatch,
  createShardCountWatch,
  notReadyReasons,
  redisClock,
  shardsOf,
} from '@ringback/redis';
import { checkCondition, createRouter } from '@ringback/routing';
import { createSources, sourceTypes } from '@ringback/sources';
import { createDefaultBound } from './default-bound.ts';
import { createDispatch } from './dispatch.ts';
import { createFanOut } from './fan-out.ts';
import { withHeadroom } from './headroom.ts';
import { keepSwept } from './keep-swept.ts';
import { type Lane, openLane } from './output-lane.ts';
import { watchPause } from './pause-watch.ts';
import type { Watched } from './progress-watch.ts';
import { reportRemovedOutputs } from './removed-outputs.ts';
import { runUntilStopped } from './run-until-stopped.ts';
import { whileShardsAgree } from './while-shards-agree.ts';

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
  const { shard, redis, watch } = openShard(config.redis, logger);
  const { prefix } = shard;
  const { adminHost: host, adminPort: port, concurrency, lockDuration } = config.worker;
  const access = { redis, prefix, lockDuration, errors: createErrorReporter({ wasAway: createLossMemory(redis), logger }) };
  const ledger = createLedger({ redis, prefix, window: config.dedupe.window });

  const reportRemoved = () => reportRemovedOutputs({ ...access, outputs: config.outputs.map(({ name }) => name), logger });
  // Not awaited: Redis may be away, and this is only a log line.
  void reportRemoved();
  const self = { app: 'worker', version: VERSION, parts: workerParts(config) } as const;
  const most = createDefaultBound({ config, maxmemory: watch.maxmemory });
  const common = { access, most, ledger, nearlyFull: watch.nearlyFull, stopping: stopping.signal, now: elapsed, logger };
  const lanes = openLanes({ config, locate }, common);
  const telling = { failing: () => failingOf(lanes), onSame: () => void reportRemoved() };
  const announced = announce({ ...shard, ...self, ...telling, logger });
  const drop = createDropNoter({ ...access, window: config.dedupe.window });
  const fanOut = createFanOut({ ...watch, targets: lanes, bodies: createBodies(access), drop, logger });
  const router = createRouter({ routes: config.routes });
  const businessKeyOf = createBusinessKeyOf(config);
  const keeping = createKeeping(access, config.quarantine);
  const dispatch = createDispatch({ ...common, router, fanOut, ...keeping, businessKeyOf, now: redisClock(redis).now });
  const gated = withHeadroom(whileShardsAgree(dispatch, shardCount), { ...watch, ...common, outputs: [...lanes.values()] });
  const callbacks = consumeCallbacks({ ...access, concurrency, dispatch: whileShardsAgree(gated, shardCount), logger });

  const reasons = async () => (stopping.signal.aborted ? ['the process is stopping'] : notReadyReasons({ watch }));
  const queue = callbackQueueState(access);
  const { facts } = watchPause({ queue, now: elapsed, logger });
  const admin = await startAdminServer({ host, port, defaultPort: DEFAULT_ADMIN_PORT, notReadyReasons: reasons, facts });
  logger.info({ ...BUILD, adminUrl: admin.url, outputs: [...lanes.keys()], settings: path }, 'worker is up');

  keepSwept({ ...access, stop: stopping.signal, logger });
  const work = [...lanes.values(), { consumer: callbacks, watched: watchedCallbacks(callbacks, queue) }];
  const code = await runUntilStopped({ ...config.worker, ...shardCount, ...watch, work, stopped, stopping, logger });
  await announced.close();
  process.exit(code);
}

/** @throws RingbackError RB_SHARDS_DIFFER or RB_RESHARDING: the worker MUST NOT run */
async function watchShardCount(settings: Config['redis'], logger: Logger) {
  const shardCount = createShardCountWatch({ ...settings, app: 'worker', usedBy: usedKeys, logger });
  await shardCount.opened(WAIT_FOR_REDIS_MS);
  return shardCount;
}

function openShard(settings: Config['redis'], logger: Logger) {
  const [shard] = shardsOf(settings);
  const redis = connectPatient({ ...shard, name: 'ringback-worker', logger });
  const watch = createRedisWatch({ ...settings, redis, prefix: shard.prefix, now: elapsed, logger });
  return { shard, redis, watch };
}

function createKeeping(access: Parameters<typeof createRouteCounts>[0], bounds: Config['quarantine']) {
  return {
    quarantine: createQuarantine({ ...access, bounds }),
    unroutedQuarantine: createUnroutedQuarantine({ ...access, bounds: bounds.unrouted }),
    counts: createRouteCounts(access),
  };
}

function openLanes(
  { config, locate }: Pick<InspectedConfig, 'config' | 'locate'>,
  common: Omit<Parameters<typeof openLane>[0], 'settings' | 'output'>,
) {
  const types = new Map(config.sources.map(({ name, type }) => [name, type]));
  const sourceTypeOf = (source: string) => types.get(source);
  const deps = { http: createHttpClient(), writeLine: stdout.writeLine, now: Date.now, sourceTypeOf };
  const lanes = config.outputs.map((settings, index) => {
    const output = locate(['outputs', index], () => createOutput(settings, deps));
    return [settings.name, openLane({ ...common, settings, output })] as const;
  });
  return new Map(lanes);
}

function failingOf(lanes: ReadonlyMap<string, Pick<Lane, 'breaker'>>) {
  return Object.fromEntries(
    [...lanes].flatMap(([name, { breaker }]) => {
      const { failing } = breaker();
      return failing ? [[name, failing] as const] : [];
    }),
  );
}

function createBusinessKeyOf(config: Pick<Config, 'sources' | 'dedupe'>) {
  const sources = new Map(createSources(config.sources).map((source) => [source.name, source]));
  return (callback: Callback) => (config.dedupe.businessKey ? sources.get(callback.source)?.businessKey(callback) : undefined);
}

function watchedCallbacks(consumer: Consumer, queue: QueueState): Watched {
  return { name: 'callbacks', longestStep: 0, progress: () => consumer.progress(), workWaits: () => queue.workWaits() };
}
