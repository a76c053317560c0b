import { setTimeout } from 'node:timers/promises';
import {
  type Config,
  createSettingsReader,
  DEFAULT_ADMIN_PORTS,
  type InspectedConfig,
  listenPort,
  requireSettingsFile,
} from '@ringback/config';
import type { Logger, Source } from '@ringback/contracts';
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
import { outputTypes } from '@ringback/outputs';
import { createLogMask } from '@ringback/privacy';
import { announce, createCallbackProducer, createQuarantineProducer, STOPPING, usedKeys } from '@ringback/queue';
import { createShardCountWatch, shardsOf } from '@ringback/redis';
import { checkCondition } from '@ringback/routing';
import { createSources, sourceTypes } from '@ringback/sources';
import type { FastifyInstance } from 'fastify';
import { followSettings } from './follow-settings.ts';
import { createIngressMetrics, knownTypes } from './metrics.ts';
import { createProcessState } from './process-state.ts';
import { listen } from './listen.ts';
import { openShards } from './open-shards.ts';
import { openRefusalHistory } from './refusal-history.ts';
import { openTraces } from './request-traces.ts';
import { refusePublishedSecrets, warnOfWeakSecrets } from './weak-secrets.ts';

const { ingress: defaultPort } = DEFAULT_ADMIN_PORTS;
const BUILD = { version: VERSION, node: process.version };
/** ms. The ingress starts without Redis, too. */
const WAIT_FOR_REDIS_MS = 3000;

/** Monotonic: the system clock may jump. */
const elapsed = () => performance.now();

const stdout = openStdout();
const bootLogger = createLogger({ app: 'ingress', level: 'info', stdout });

try {
  if (!printsVersion(process.argv)) await run();
} catch (error) {
  bootLogger.error({ err: error }, 'ingress cannot run');
  // Open handles would keep the process alive.
  process.exit(1);
}

async function run(): Promise<void> {
  const path = requireSettingsFile(process.env);
  const reload = Promise.withResolvers<() => void>();
  const stopped = stopSignal(() => void reload.promise.then((soon) => soon()));
  const reader = createSettingsReader({ path, env: process.env, sourceTypes, outputTypes, checkCondition });
  const started = reader.read();
  const live = { config: started.config };
  const { redis, ingress, log } = started.config;
  const mask = createLogMask(() => live.config.privacy?.mask?.logs);
  const logger = openLogger({ level: log.level, mask, now: () => live.config.log.level });

  const stopping = new AbortController();
  const ways = openWays({ settings: () => live.config, path, logger });
  const { shards, shardCount, metrics, facts, counted } = ways;
  const { traces, close: endTraces } = await openTraces({ settings: started.config.tracing, mask, metrics: counted, logger });
  const deps = { ...ways.deps, traces, now: Date.now, logger, stopping: stopping.signal };
  const following = { path, reader, started, live, deps, metrics, logger };
  const { app, crowded, reloader } = followSettings({ ...following, openSources: (next) => openSources(next, logger) });
  const notReadyReasons = async () =>
    stopping.signal.aborted ? [STOPPING] : [...crowded(), ...(await shards.notReadyReasons())];
  metrics.readiness(notReadyReasons);
  const admin = await startAdminServer({ ...ingress, defaultPort, notReadyReasons, metrics, facts, logger });
  const [away] = await Promise.all([shards.opened(WAIT_FOR_REDIS_MS), shardCount.opened(WAIT_FOR_REDIS_MS)]);
  const url = await listen(app, { ...ingress, port: listenPort(ingress, process.env), logger });
  const state = createProcessState({ ...shards, metrics, notReadyReasons, settings: reloader.state, now: elapsed });
  const announced = announce({ ...shardsOf(redis)[0], app: 'ingress', version: VERSION, settings: reloader, state, logger });
  const up = { ...BUILD, url, adminUrl: admin.url, settings: path, kinds: kindsOf(started.config) };
  logger.info({ ...up, ...connected(away, shards.batches.length) }, 'ingress is up');
  reload.resolve(reloader.reload);

  logger.info({ signal: await stopped }, 'ingress is stopping');
  stopping.abort();
  await reloader.close();
  await closeInOrder(app, live.config.ingress);
  await Promise.all([ways.close(), announced.close()]);
  await admin.close();
  endOf({ tracesEnded: await endTraces(), logger });
}

type LogLevel = Config['log']['level'];
type LoggerOptions = {
  readonly level: LogLevel;
  readonly mask: (line: string) => string;
  /** The level of the settings that the process runs with. */
  readonly now: () => LogLevel;
};

function openLogger({ level, mask, now }: LoggerOptions): ReturnType<typeof createLogger> {
  const logger = switchLevelBySignal(createLogger({ app: 'ingress', level, stdout, mask }), now);
  surviveBrokenConnections(logger);
  return logger;
}

function endOf({ tracesEnded, logger }: { readonly tracesEnded: boolean; readonly logger: Logger }): void {
  logger.info({}, 'ingress has stopped');
  // An export that is still under way would keep the process alive.
  if (!tracesEnded) process.exit(0);
}

type WaysOptions = { readonly settings: () => Config; readonly path: string; readonly logger: Logger };

/** Where callbacks and refusals go, for as long as the process runs. */
function openWays({ settings, path, logger }: WaysOptions) {
  const config = settings();
  const { redis, ingress } = config;
  const shardCount = createShardCountWatch({ ...redis, app: 'ingress', usedBy: usedKeys, logger });
  const { refusal } = shardCount;
  const counted = countDroppedLines(createMetrics({ app: 'ingress', version: VERSION }), stdout);
  const metrics = createIngressMetrics(counted, knownTypes(config, sourceTypes));
  const outputs = () => settings().outputs.map(({ name }) => name);
  const shards = openShards({ config, outputs, settingsPath: path, ...metrics, refusal, now: elapsed, logger });
  const { batches, spooling } = shards;
  // With a spool, callbacks that time out on Redis still go to disk.
  const patience = spooling ? 2 * ingress.enqueueTimeout : ingress.enqueueTimeout;
  const maxInFlight = () => settings().ingress.maxInFlight;
  const producer = createCallbackProducer({ batches, patience, maxInFlight, now: elapsed });
  const access = { shards: shardsOf(redis), timeout: ingress.enqueueTimeout, now: elapsed, logger };
  const quarantine = createQuarantineProducer({ ...access, bounds: () => settings().quarantine });
  const refusals = openRefusalHistory(settings, logger);
  return {
    shards,
    shardCount,
    counted,
    metrics,
    deps: { ...metrics, producer, quarantine, refused: refusals?.count },
    facts: () => ({ ...(spooling && { spooling: spooling() }), ...shards.facts() }),
    close: () => Promise.all([producer.close(), quarantine.close(), shardCount.close(), refusals?.close()]),
  };
}

/** @throws RingbackError RB_CONFIG_INVALID, or RB_SECRET_PUBLISHED in production */
function openSources({ config, locate }: InspectedConfig, logger: Logger): Source[] {
  const sources = config.sources.flatMap((source, index) => locate(['sources', index], () => createSources([source])));
  refusePublishedSecrets({ sources, production: process.env['NODE_ENV']?.trim().toLowerCase() === 'production', logger });
  warnOfWeakSecrets({ sources: config.sources, sourceTypes, logger });
  return sources;
}

/** What `ringback send` can send to these sources. `npm start` shows it. */
function kindsOf({ sources }: Config): string[] {
  return [...new Set(sources.flatMap(({ type }) => sourceTypes[type]?.kinds ?? []))];
}

/** Of several shards, some may be away. */
function connected(away: readonly number[], shards: number): object {
  if (away.length === 0 || away.length === shards) return { redis: away.length === 0 ? 'connected' : 'away' };
  return { redis: 'partly away', shardsAway: away };
}

async function closeInOrder(app: FastifyInstance, { drainDelay, shutdownGrace }: Config['ingress']): Promise<void> {
  // Load balancers notice late: callbacks that come meanwhile are taken.
  await setTimeout(drainDelay);
  const closed = app.close();
  await Promise.race([closed, setTimeout(shutdownGrace, undefined, { ref: false })]);
  app.server.closeAllConnections();
  await closed;
}
