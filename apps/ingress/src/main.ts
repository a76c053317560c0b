import { setTimeout } from 'node:timers/promises';
import { type Config, ingressParts, type InspectedConfig, inspectConfig, requireSettingsFile } from '@ringback/config';
import { type Logger, RingbackError, type Source } from '@ringback/contracts';
import {
  createLogger,
  createMetrics,
  isPortTaken,
  openStdout,
  printsVersion,
  startAdminServer,
  stopSignal,
  surviveBrokenConnections,
  VERSION,
} from '@ringback/observability';
import { outputTypes } from '@ringback/outputs';
import { announce, createCallbackProducer, createQuarantineProducer, usedKeys } from '@ringback/queue';
import { createShardCountWatch, shardsOf } from '@ringback/redis';
import { checkCondition } from '@ringback/routing';
import { createSources, sourceTypes } from '@ringback/sources';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import { createIngressMetrics, knownTypes } from './metrics.ts';
import { openShards } from './open-shards.ts';
import { openRefusalHistory } from './refusal-history.ts';
import { portOf } from './other-port.ts';
import { reachOf } from './refuse-stranger.ts';
import { refusePublishedSecrets, warnOfWeakSecrets } from './weak-secrets.ts';

const DEFAULT_ADMIN_PORT = 9080;
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
  const inspected = inspectConfig({ path, env: process.env, sourceTypes, outputTypes, checkCondition });
  const { config } = inspected;
  const { log, redis } = config;
  const ingress = { ...config.ingress, port: portOf(config.ingress, process.env) };
  const logger = createLogger({ app: 'ingress', level: log.level, stdout });
  const stopped = stopSignal();
  surviveBrokenConnections(logger);
  const sources = openSources(inspected, logger);

  const stopping = new AbortController();
  const shardCount = createShardCountWatch({ ...redis, app: 'ingress', usedBy: usedKeys, logger });
  const metrics = createIngressMetrics(createMetrics({ app: 'ingress', version: VERSION }), knownTypes(config, sourceTypes));
  const shards = openShards({ config, settingsPath: path, ...metrics, refusal: shardCount.refusal, now: elapsed, logger });
  const { batches, spooling } = shards;
  // With a spool, callbacks that time out on Redis still go to disk.
  const patience = spooling ? 2 * ingress.enqueueTimeout : ingress.enqueueTimeout;
  const producer = createCallbackProducer({ batches, patience, maxInFlight: ingress.maxInFlight, now: elapsed });
  const access = { shards: shardsOf(redis), timeout: ingress.enqueueTimeout, now: elapsed, logger };
  const quarantine = createQuarantineProducer({ ...access, bounds: config.quarantine });
  const refusals = openRefusalHistory(config, logger);
  const common = { ...metrics, producer, quarantine, refused: refusals?.count, now: Date.now, logger, stopping: stopping.signal };
  const { app, notReadyReasons: crowded } = buildApp({ ...common, ...reachOf(config), sources, limits: ingress });
  const notReadyReasons = async () =>
    stopping.signal.aborted ? ['the process is stopping'] : [...crowded(), ...(await shards.notReadyReasons())];
  const facts = () => ({ ...(spooling && { spooling: spooling() }), ...shards.facts() });
  const admin = await startAdminServer({ ...ingress, defaultPort: DEFAULT_ADMIN_PORT, notReadyReasons, facts, metrics, logger });
  const [away] = await Promise.all([shards.opened(WAIT_FOR_REDIS_MS), shardCount.opened(WAIT_FOR_REDIS_MS)]);
  const url = await listen(app, ingress);
  const announced = announce({ ...shardsOf(redis)[0], app: 'ingress', version: VERSION, parts: ingressParts(config), logger });
  const up = { ...BUILD, url, adminUrl: admin.url, settings: path, kinds: kindsOf(config) };
  logger.info({ ...up, ...connected(away, batches.length) }, 'ingress is up');

  const signal = await stopped;
  logger.info({ signal }, 'ingress is stopping');
  stopping.abort();
  // Load balancers notice late: callbacks that come meanwhile are taken.
  await setTimeout(ingress.drainDelay);
  await closeWithin(app, ingress.shutdownGrace);
  await Promise.all([producer.close(), quarantine.close(), announced.close(), shardCount.close(), refusals?.close()]);
  await admin.close();
  logger.info({}, 'ingress has stopped');
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

async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    if (!isPortTaken(cause)) throw cause;
    const message = `port ${port} is in use: set another ingress.port, or stop what listens there`;
    throw new RingbackError('RB_PORT_TAKEN', message, { cause });
  }
}

async function closeWithin(app: FastifyInstance, grace: number): Promise<void> {
  const closed = app.close();
  await Promise.race([closed, setTimeout(grace, undefined, { ref: false })]);
  app.server.closeAllConnections();
  await closed;
}
