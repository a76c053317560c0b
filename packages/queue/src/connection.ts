import { once } from 'node:events';
import { type Logger, RingbackError, type Secret } from '@ringback/contracts';
import { Redis, type RedisOptions } from 'ioredis';
import { within } from './within.ts';

/** How a process talks to Redis. `name` shows in `CLIENT LIST`. */
export type ConnectionOptions = { readonly url: Secret; readonly name: string; readonly logger: Logger };

const RECONNECT_MAX_MS = 1000;
/** BullMQ waits for jobs in commands that Redis answers after up to 10 s, and ends one by itself after 11 s: whoever waits longer waits on a dead connection. */
const SILENT_FOR_MS = 15_000;

type Options = Omit<RedisOptions, 'replyMapping'>;

const reconnect: Options = {
  retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), RECONNECT_MAX_MS),
  // A failover leaves us on a replica: only a new connection finds the new primary.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
};

/**
 * A connection for one who waits for an answer with someone else waiting behind it: a command fails at once while Redis is away, and after
 * `timeout` ms when it is slow. It is never sent a second time: a write that was given up MUST NOT happen minutes later. A connection on which nothing
 * comes for twice that long is left for a new one: the network may have forgotten it without a word.
 */
export function connectFailFast(options: ConnectionOptions & { readonly timeout: number }): Redis {
  return connect(options, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: options.timeout,
    socketTimeout: 2 * options.timeout,
  });
}

/** A connection for a worker: commands wait until Redis is back, since the job that needs them waits there too; on a new connection, where this one is silent for 15 s. */
export function connectPatient(options: ConnectionOptions): Redis {
  return connect(options, { maxRetriesPerRequest: null, socketTimeout: SILENT_FOR_MS });
}

const unheard = () => {};
const SILENT: Logger = { debug: unheard, info: unheard, warn: unheard, error: unheard };

/** A fail-fast connection whose outages nobody is told of: the process has others, which tell. */
export function connectUnheard(options: Omit<ConnectionOptions, 'logger'> & { readonly timeout: number }): Redis {
  return connectFailFast({ ...options, logger: SILENT });
}

/**
 * A connection for a command that a person waits for: there within 5 s or not at all, and each command of it answered within 10 s.
 * @throws RingbackError RB_REDIS_UNAVAILABLE
 */
export async function connectForCommand(options: Omit<ConnectionOptions, 'logger'>): Promise<Redis> {
  const redis = connectUnheard({ ...options, timeout: 10_000 });
  if (await isReady(redis, 5000)) return redis;
  redis.disconnect();
  throw new RingbackError(
    'RB_REDIS_UNAVAILABLE',
    'Redis cannot be reached: REDIS_URL, or redis.url of the settings, says where it is',
  );
}

function connect({ url, name, logger }: ConnectionOptions, options: Options): Redis {
  const redis = new Redis(url.reveal(), { ...reconnect, ...options, connectionName: name });
  reportState({ redis, name, logger });
  return redis;
}

/** One line when the connection is lost, with the cause, and one when it is back: not one per reconnect. */
function reportState({ redis, name, logger }: { redis: Redis; name: string; logger: Logger }): void {
  let lost = false;
  redis.on('error', (error: Error) => {
    if (!lost) logger.error({ code: 'RB_REDIS_UNAVAILABLE', connection: name, reason: error.message }, 'redis is away');
    lost = true;
  });
  // Not `close`, which comes when we close it ourselves as well.
  redis.on('reconnecting', () => {
    if (!lost) logger.warn({ code: 'RB_REDIS_UNAVAILABLE', connection: name, reason: 'connection closed' }, 'redis is away');
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) logger.info({ connection: name }, 'redis is back');
    lost = false;
  });
}

/** True when Redis answers a PING within `timeout` ms. */
export async function answersPing(redis: Redis, timeout: number): Promise<boolean> {
  const pong = redis.ping().then(
    () => true,
    () => false,
  );
  return (await within(timeout, pong)) ?? false;
}

/** Waits for a connection to be made, at most `timeout` ms. */
export async function isReady(redis: Redis, timeout: number): Promise<boolean> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(timeout) }).catch(() => {});
  return redis.status === 'ready';
}
