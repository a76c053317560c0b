import { once } from 'node:events';
import { type Logger, RingbackError, SILENT } from '@ringback/contracts';
import { within } from '@ringback/pacing';
import type { Redis } from 'ioredis';
import { placeText, type RedisAddress } from './address.ts';
import { createRenewal } from './connection-renewal.ts';
import { reportState } from './connection-state.ts';
import { type ClientOptions, openClient } from './open-client.ts';
import { onTrouble, type Trouble } from './trouble.ts';

/** A `Shard`, and the name that shows in `CLIENT LIST`. Only on a cluster the prefix matters. */
export type ConnectionOptions = RedisAddress & {
  readonly prefix?: string | undefined;
  readonly name: string;
  readonly logger: Logger;
};

const RECONNECT_MAX_MS = 1000;
/** BullMQ waits 10 s for a job. A command that waits longer waits on a dead connection. */
const SILENT_FOR_MS = 15_000;

const reconnect: ClientOptions = {
  retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), RECONNECT_MAX_MS),
};

/** For request handlers: fails fast. Nothing is sent twice: a write that was given up MUST NOT happen minutes later. */
export function connectFailFast(options: ConnectionOptions & { readonly timeout: number }): Redis {
  return connect(options, failFast(options.timeout));
}

function failFast(timeout: number): ClientOptions {
  return { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: timeout, socketTimeout: 2 * timeout };
}

/** For workers: commands wait until Redis is back. */
export function connectPatient(options: ConnectionOptions): Redis {
  return connect(options, { maxRetriesPerRequest: null, socketTimeout: SILENT_FOR_MS });
}

/** Logs no outages. */
export function connectUnheard(options: Omit<ConnectionOptions, 'logger'> & { readonly timeout: number }): Redis {
  return connectFailFast({ ...options, logger: SILENT });
}

/** ms. */
const READY_WITHIN_MS = 5000;

/** For a command that a person waits for. @throws RingbackError RB_REDIS_UNAVAILABLE after 5 s */
export async function connectForCommand(options: Omit<ConnectionOptions, 'logger'>): Promise<Redis> {
  // Not renewed on a replica: most commands only read.
  const redis = connect({ ...options, logger: SILENT }, { ...failFast(10_000), reconnectOnError: null });
  const told = new Promise<Trouble>((resolve) => onTrouble(redis, resolve));
  const deadline = performance.now() + READY_WITHIN_MS;
  if (await isReady(redis, READY_WITHIN_MS)) return redis;
  // The first error ends the wait. What it means may have to be found out.
  const trouble = await within(Math.max(0, deadline - performance.now()), told);
  redis.disconnect();
  const reason = trouble === undefined ? '' : ` (${trouble.reason})`;
  throw new RingbackError(
    'RB_REDIS_UNAVAILABLE',
    `Redis${placeOf(redis, options)} cannot be reached${reason}: ${whereOf(options)}`,
  );
}

/** The primary of the moment, once a sentinel or a node has named it. */
function placeOf(redis: Redis, { sentinel, cluster }: RedisAddress): string {
  const { host = '', port = 0 } = redis.options;
  return (sentinel || cluster) && host !== '' ? ` at ${placeText({ host, port })}` : '';
}

function whereOf({ sentinel, cluster }: RedisAddress): string {
  if (sentinel || cluster) return `redis.${sentinel ? 'sentinel' : 'cluster'} of the settings says where it is`;
  return 'is it running? Its address is REDIS_URL, or redis.url of the settings. If neither is set, it is the Redis of npm start';
}

/** @throws RingbackError RB_CONFIG_INVALID when the URL cannot be read */
function connect({ name, logger, ...address }: ConnectionOptions, options: ClientOptions): Redis {
  const renewal = createRenewal();
  const redis = openClient(address, { ...reconnect, reconnectOnError: renewal.wanted, ...options, connectionName: name });
  reportState({ redis, name, logger, renewing: renewal.underWay });
  return redis;
}

export async function isReady(redis: Redis, timeout: number): Promise<boolean> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(timeout) }).catch(() => {});
  return redis.status === 'ready';
}
