import { dirname, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Config, ingressParts, type InspectedConfig, inspectConfig, requireSettingsFile } from '@ringback/config';
import { type BatchProducer, type Logger, RingbackError, type Source } from '@ringback/contracts';
import {
  createLogger,
  isPortTaken,
  openStdout,
  printsVersion,
  startAdminServer,
  stopSignal,
  surviveBrokenConnections,
  VERSION,
} from '@ringback/observability';
import { outputTypes } from '@ringback/outputs';
import { announce, createCallbackProducer, createBatchProducer, createQuarantineProducer, usedKeys } from '@ringback/queue';
import { createShardCountWatch, shardsOf } from '@ringback/redis';
import { checkCondition } from '@ringback/routing';
import { createSources, sourceTypes } from '@ringback/sources';
import { createSpooledProducer, openSpool, type Spool } from '@ringback/spool';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
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
  const { batches, spool } = openBatchProducer({ config, settingsPath: path, refusal: shardCount.refusal, logger });
  // With a spool, callbacks that time out on Redis still go to disk.
  const patience = spool ? 2 * ingress.enqueueTimeout : ingress.enqueueTimeout;
  const producer = createCallbackProducer({ batches, patience, now: elapsed });
  const [shard] = shardsOf(redis);
  const access = { ...shard, timeout: ingress.enqueueTimeout, now: elapsed, logger };
  const quarantine = createQuarantineProducer({ ...access, bounds: config.quarantine });
  const common = { producer, quarantine, now: Date.now, logger, stopping: stopping.signal };
  const { app, notReadyReasons: crowded } = buildApp({ ...common, ...reachOf(config), sources, limits: ingress });
  const { adminHost: host, adminPort: port } = ingress;
  const notReadyReasons = async () =>
    stopping.signal.aborted ? ['the process is stopping'] : [...crowded(), ...(await batches.notReadyReasons())];
  const facts = spool && (() => ({ spooling: spool.size() }));
  const admin = await startAdminServer({ host, port, defaultPort: DEFAULT_ADMIN_PORT, notReadyReasons, facts });
  const [redisIsThere] = await Promise.all([batches.opened(WAIT_FOR_REDIS_MS), shardCount.opened(WAIT_FOR_REDIS_MS)]);
  const url = await listen(app, ingress);
  const announced = announce({ ...shard, app: 'ingress', version: VERSION, parts: ingressParts(config), logger });
  const up = { ...BUILD, url, adminUrl: admin.url, settings: path, kinds: kindsOf(config) };
  logger.info({ ...up, redis: redisIsThere ? 'connected' : 'away' }, 'ingress is up');

  const signal = await stopped;
  logger.info({ signal }, 'ingress is stopping');
  stopping.abort();
  // Load balancers notice late: callbacks that come meanwhile are taken.
  await setTimeout(ingress.drainDelay);
  await closeWithin(app, ingress.shutdownGrace);
  await Promise.all([producer.close(), quarantine.close(), announced.close(), shardCount.close()]);
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

type Refusal = () => RingbackError | undefined;

function openBatchProducer(options: { config: Config; settingsPath: string; refusal: Refusal; logger: Logger }): {
  batches: BatchProducer;
  spool?: Spool;
} {
  const { redis, ingress, outputs } = options.config;
  const common = { now: elapsed, refusal: options.refusal, logger: options.logger };
  const [shard] = shardsOf(redis);
  const open = () =>
    createBatchProducer({
      ...common,
      ...redis,
      ...shard,
      timeout: ingress.enqueueTimeout,
      outputs: outputs.map(({ name }) => name),
    });
  if (!ingress.spool) return { batches: open() };
  // Before Redis: an unusable spool MUST stop the start.
  const spool = openSpool({
    ...common,
    ...ingress.spool,
    now: Date.now,
    path: resolve(dirname(options.settingsPath), ingress.spool.path),
  });
  return { batches: createSpooledProducer({ ...common, producer: open(), spool }), spool };
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
