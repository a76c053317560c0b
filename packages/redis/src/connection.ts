import { once } from 'node:events';
import { type Logger, RingbackError, type Secret, SILENT } from '@ringback/contracts';
import { Redis, type RedisOptions } from 'ioredis';
import { createRenewal } from './connection-renewal.ts';
import { reportState } from './connection-state.ts';
import { onTrouble, type Trouble } from './trouble.ts';

/** How a process talks to Redis. `name` shows in `CLIENT LIST`. */
export type ConnectionOptions = { readonly url: Secret; readonly name: string; readonly logger: Logger };

const RECONNECT_MAX_MS = 1000;
/**
 * BullMQ waits for jobs with commands that Redis answers within 10 s, and gives up after 11 s.
 * A command that waits longer waits on a dead connection.
 */
const SILENT_FOR_MS = 15_000;

type Options = Omit<RedisOptions, 'replyMapping'>;

const reconnect: Options = {
  retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), RECONNECT_MAX_MS),
};

/**
 * Connection for request handlers: a command fails at once while Redis is away, and after `timeout` ms if it is slow.
 * Nothing is sent twice: a write that was given up MUST NOT happen minutes later. A connection that is silent for
 * twice the timeout is replaced: the network may have dropped it.
 */
export function connectFailFast(options: ConnectionOptions & { readonly timeout: number }): Redis {
  return connect(options, failFast(options.timeout));
}

function failFast(timeout: number): Options {
  return { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: timeout, socketTimeout: 2 * timeout };
}

/**
 * Connection for workers: commands wait until Redis is back, as the job that needs them does.
 * A connection that is silent for 15 s is replaced.
 */
export function connectPatient(options: ConnectionOptions): Redis {
  return connect(options, { maxRetriesPerRequest: null, socketTimeout: SILENT_FOR_MS });
}

/** A fail-fast connection that logs no outages: other connections of the process do. */
export function connectUnheard(options: Omit<ConnectionOptions, 'logger'> & { readonly timeout: number }): Redis {
  return connectFailFast({ ...options, logger: SILENT });
}

/**
 * Connection for a command that a person waits for: made within 5 s, each command answered within 10 s.
 * @throws RingbackError RB_REDIS_UNAVAILABLE
 */
export async function connectForCommand(options: Omit<ConnectionOptions, 'logger'>): Promise<Redis> {
  // Not renewed on a replica: a new connection would lead there again, and most commands only read.
  const redis = connect({ ...options, logger: SILENT }, { ...failFast(10_000), reconnectOnError: null });
  let trouble: Trouble | undefined;
  onTrouble(redis, (found) => (trouble = found));
  if (await isReady(redis, 5000)) return redis;
  redis.disconnect();
  const reason = trouble === undefined ? '' : ` (${trouble.reason})`;
  throw new RingbackError(
    'RB_REDIS_UNAVAILABLE',
    `Redis cannot be reached${reason}: REDIS_URL, or redis.url of the settings, says where it is; where neither does, it is the one of npm start, which must run`,
  );
}

/** @throws RingbackError RB_CONFIG_INVALID when the URL cannot be read */
function connect({ url, name, logger }: ConnectionOptions, options: Options): Redis {
  const renewal = createRenewal();
  const all = { ...reconnect, reconnectOnError: renewal.wanted, ...options, connectionName: name };
  const place = url.reveal();
  let redis: Redis;
  try {
    redis = new Redis(place, all);
  } catch {
    // No `cause`: it holds the URL with the password.
    throw new RingbackError('RB_CONFIG_INVALID', 'REDIS_URL, or redis.url of the settings, is not a URL that can be read');
  }
  reportState({ redis, name, logger, renewing: renewal.underWay });
  return redis;
}

/** Waits until a connection is ready, at most `timeout` ms. */
export async function isReady(redis: Redis, timeout: number): Promise<boolean> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(timeout) }).catch(() => {});
  return redis.status === 'ready';
}
