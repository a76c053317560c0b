import { once } from 'node:events';
import { type Logger, RingbackError, type Secret, SILENT } from '@ringback/contracts';
import { Redis, type RedisOptions } from 'ioredis';
import { createRenewal } from './connection-renewal.ts';
import { reportState } from './connection-state.ts';
import { onTrouble, type Trouble } from './trouble.ts';

/** How a process talks to Redis. `name` shows in `CLIENT LIST`. */
export type ConnectionOptions = { readonly url: Secret; readonly name: string; readonly logger: Logger };

const RECONNECT_MAX_MS = 1000;
/** BullMQ waits for jobs in commands that Redis answers after up to 10 s, and ends one by itself after 11 s: whoever waits longer waits on a dead connection. */
const SILENT_FOR_MS = 15_000;

type Options = Omit<RedisOptions, 'replyMapping'>;

const reconnect: Options = {
  retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), RECONNECT_MAX_MS),
};

/**
 * A connection for one who waits for an answer with someone else waiting behind it: a command fails at once while Redis is away, and after
 * `timeout` ms when it is slow. It is never sent a second time: a write that was given up MUST NOT happen minutes later. A connection on which nothing
 * comes for twice that long is left for a new one: the network may have forgotten it without a word.
 */
export function connectFailFast(options: ConnectionOptions & { readonly timeout: number }): Redis {
  return connect(options, failFast(options.timeout));
}

function failFast(timeout: number): Options {
  return { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: timeout, socketTimeout: 2 * timeout };
}

/** A connection for a worker: commands wait until Redis is back, since the job that needs them waits there too; on a new connection, where this one is silent for 15 s. */
export function connectPatient(options: ConnectionOptions): Redis {
  return connect(options, { maxRetriesPerRequest: null, socketTimeout: SILENT_FOR_MS });
}

/** A fail-fast connection whose outages nobody is told of: the process has others, which tell. */
export function connectUnheard(options: Omit<ConnectionOptions, 'logger'> & { readonly timeout: number }): Redis {
  return connectFailFast({ ...options, logger: SILENT });
}

/**
 * A connection for a command that a person waits for: there within 5 s or not at all, and each command of it answered within 10 s.
 * @throws RingbackError RB_REDIS_UNAVAILABLE
 */
export async function connectForCommand(options: Omit<ConnectionOptions, 'logger'>): Promise<Redis> {
  // It is made just now: a replica is where the name leads, and most commands only read.
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
    // Without the cause: it holds the URL, and the password in it.
    throw new RingbackError('RB_CONFIG_INVALID', 'REDIS_URL, or redis.url of the settings, is not a URL that can be read');
  }
  reportState({ redis, name, logger, renewing: renewal.underWay });
  return redis;
}

/** Waits for a connection to be made, at most `timeout` ms. */
export async function isReady(redis: Redis, timeout: number): Promise<boolean> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(timeout) }).catch(() => {});
  return redis.status === 'ready';
}
