import { createSecureContext, type ConnectionOptions as TlsOptions } from 'node:tls';
import { RingbackError } from '@ringback/contracts';
import { Redis, type RedisOptions } from 'ioredis';
import type { Credentials, RedisAddress } from './address.ts';
import { findInCluster } from './cluster.ts';
import { followPrimary } from './follow-primary.ts';
import { findBySentinel } from './sentinel.ts';

/** Until the primary is found. By default it would be localhost. */
const NOT_FOUND = '';

export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

/** `prefix` begins every key that the client is for: on a cluster it says which node that is. */
type Opened = RedisAddress & { readonly prefix?: string | undefined };

/** One shard lives on one node, so a plain client does for all three kinds. @throws RingbackError RB_CONFIG_INVALID */
export function openClient(address: Opened, options: ClientOptions): Redis {
  const { sentinel, cluster, database, prefix } = address;
  const credentials = credentialsOf(address, 'redis');
  if (sentinel) {
    const find = findBySentinel({ ...sentinel, credentials: credentialsOf(sentinel, 'redis.sentinel') });
    const db = database === undefined ? {} : { db: database };
    return new Redis({
      ...options,
      ...credentials,
      ...db,
      host: NOT_FOUND,
      Connector: followPrimary({ find, tls: credentials.tls }),
    });
  }
  if (cluster) {
    if (prefix === undefined) throw new TypeError('on a cluster a connection is for the keys of one shard');
    const find = findInCluster({ ...cluster, key: `${prefix}:`, credentials });
    return new Redis({ ...options, ...credentials, host: NOT_FOUND, Connector: followPrimary({ find, tls: credentials.tls }) });
  }
  return openSingle(address, { ...options, ...credentials, ...(database === undefined ? {} : { db: database }) });
}

function openSingle({ url }: RedisAddress, options: ClientOptions): Redis {
  const place = url?.reveal() ?? '';
  try {
    return new Redis(place, options);
  } catch {
    // No `cause`: it holds the URL with the password.
    throw new RingbackError('RB_CONFIG_INVALID', 'REDIS_URL, or redis.url of the settings, is not a URL that can be read');
  }
}

/** Only what is set, or it would override the URL. */
function credentialsOf({ username, password, tls }: Credentials, at: string): ReturnType<typeof defined> {
  return defined({ username, password: password?.reveal(), tls: tls && tlsOf(tls, `${at}.tls`) });
}

type Plain = { username: string | undefined; password: string | undefined; tls: TlsOptions | undefined };

function defined({ username, password, tls }: Plain): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }), ...(tls && { tls }) };
}

/** `at`: where the settings hold it. @throws RingbackError RB_CONFIG_INVALID */
export function tlsOf({ ca, cert, key, servername }: NonNullable<Credentials['tls']>, at: string): TlsOptions {
  const pem = { ...(ca && { ca: ca.reveal() }), ...(cert && { cert: cert.reveal() }), ...(key && { key: key.reveal() }) };
  try {
    return { secureContext: createSecureContext(pem), ...(servername !== undefined && { servername }) };
  } catch {
    // No `cause`: it may show the key.
    throw new RingbackError(
      'RB_CONFIG_INVALID',
      `${at}: ca, cert or key is not PEM that can be read, or key and cert do not belong together`,
    );
  }
}
