import { RingbackError } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { lossOf } from './ioredis-losses.ts';
import { NoPrimary } from './no-primary.ts';

/** `reason` is for people, with what fixes it. */
export type Trouble = { readonly kind: string; readonly reason: string };

export const NETWORK = 'network';

export const WHERE = 'REDIS_URL, or redis.url of the settings';

const IS_NODE =
  'Redis is a node of a Redis Cluster that does not hold these keys. Write redis.cluster in place of redis.url; with redis.cluster Ringback finds the right node by itself';

const REPLIES: readonly (readonly [code: string, reason: string])[] = [
  [
    'READONLY',
    `Redis is a read-only replica. Name the primary in ${WHERE}; or make this one the primary: REPLICAOF NO ONE. With redis.sentinel and redis.cluster Ringback finds the primary by itself`,
  ],
  [
    'NOREPLICAS',
    'Redis takes no writes, since fewer replicas follow than min-replicas-to-write asks for. Bring replicas back, or: CONFIG SET min-replicas-to-write 0',
  ],
  ['MISCONF', 'Redis takes no writes, since it cannot write to its disk. Make room on that disk; the log of Redis says more'],
  ['OOM', 'Redis has reached its maxmemory and takes no writes. Give it more: CONFIG SET maxmemory <bytes>'],
  ['LOADING', 'Redis is still reading its data from disk. It will be there by itself'],
  ['MASTERDOWN', `Redis is a replica that has lost its primary. Name the primary in ${WHERE}`],
  ['CLUSTERDOWN', 'the Redis Cluster does not serve all of its slots. CLUSTER INFO says more'],
  ['MOVED', IS_NODE],
  ['CROSSSLOT', IS_NODE],
  ['ASK', 'the slot of our keys is moving to another node of the Redis Cluster. Ringback tries again until it has moved'],
  ['TRYAGAIN', 'the slot of our keys is moving to another node of the Redis Cluster. Ringback tries again until it has moved'],
  ['UNBLOCKED', 'Redis has become a replica, and ended the reads that waited. Ringback finds the new primary by itself'],
  ['EXECABORT', 'Redis refused a command of a transaction, and did none of it'],
  ['BUSY', 'a script keeps Redis busy. SCRIPT KILL ends it'],
  [
    'NOAUTH',
    `Redis asks for a password. Put it in redis.password or redis.passwordFile, or in the URL: redis://:<password>@<host>:<port>`,
  ],
  [
    'WRONGPASS',
    'Redis does not accept the user name and password of redis.username and redis.password, or of the URL; or it has switched this user off',
  ],
  [
    'DENIED',
    'Redis is in protected mode and takes connections of its own machine only. Give it a password, or bind it to loopback',
  ],
  [
    'ERR max number of clients',
    'Redis refuses connections: max number of clients reached. Raise maxclients: CONFIG SET maxclients <n>',
  ],
  ['ERR DB index', 'Redis has no database of this number. Correct redis.database, or the path of the URL'],
];

const CA_FILE = 'redis.tls.caFile (for sentinels: redis.sentinel.tls.caFile), or in NODE_EXTRA_CA_CERTS';

const TLS: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: `what listens there speaks no TLS. Use redis:// instead of rediss:// in ${WHERE}, or take redis.tls out`,
  DEPTH_ZERO_SELF_SIGNED_CERT: `the certificate of Redis is self-signed. Name it in ${CA_FILE}`,
  SELF_SIGNED_CERT_IN_CHAIN: `the certificate of Redis is signed by a CA that is not known here. Name that in ${CA_FILE}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `the certificate of Redis is signed by a CA that is not known here. Name that in ${CA_FILE}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `the certificate of Redis is signed by a CA that is not known here. Name that in ${CA_FILE}`,
  CERT_HAS_EXPIRED: 'the certificate of Redis has expired',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate of Redis is not for the host that is connected to. Name what stands in it in redis.tls.servername (for sentinels: redis.sentinel.tls.servername)',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'Redis asks for a certificate of ours. Name it in redis.tls.certFile, and its key in redis.tls.keyFile (for sentinels: in redis.sentinel.tls)',
};

/** True if TLS itself failed: what is wrong depends on the server that was reached. */
export function isTls({ kind }: Trouble): boolean {
  return Object.hasOwn(TLS, kind);
}

const LONGEST = 200;

export function isReply(error: unknown): error is Error & { readonly name: 'ReplyError' } {
  return error instanceof Error && error.name === 'ReplyError';
}

/** ioredis gives what was refused within a transaction beside the error at its end. */
function troubleIfReply(error: unknown): Trouble | undefined {
  if (!isReply(error)) return undefined;
  const refused: unknown = 'previousErrors' in error && Array.isArray(error.previousErrors) ? error.previousErrors[0] : undefined;
  return troubleOfReply((isReply(refused) ? refused : error).message);
}

export function troubleOfReply(message: string): Trouble {
  // Before 7.0 the script's error follows Redis's: `ERR Error running script (…): @user_script:1: -READONLY …`
  const known = REPLIES.find(([code]) => message.startsWith(code)) ?? REPLIES.find(([code]) => message.includes(`-${code} `));
  const kind = known?.[0] ?? message.split(' ', 1)[0] ?? '';
  if (kind === 'NOPERM') return { kind, reason: `${message.slice(0, LONGEST)}. Allow it: ACL SETUSER <user> +<command>` };
  return { kind, reason: known ? `${known[0].split(' ', 1)[0]}: ${known[1]}` : message.slice(0, LONGEST) };
}

/** Undefined: no refusal, and no lost connection. */
export function refusalOf(error: unknown): RingbackError | undefined {
  const trouble = troubleIfReply(error);
  if (trouble) return new RingbackError('RB_REDIS_REFUSES', trouble.reason);
  const loss = error instanceof Error ? lossOf(error) : undefined;
  return loss === undefined ? undefined : new RingbackError('RB_REDIS_UNAVAILABLE', `Redis does not answer: ${loss}`);
}

/** For the sender. What fixes it is in the cause, for the log. */
export function refusedCallback(error: unknown): RingbackError | undefined {
  const trouble = troubleIfReply(error);
  return trouble && refusalOfCallback(trouble);
}

export function refusalOfCallback({ kind, reason }: Trouble): RingbackError {
  const cause = new RingbackError('RB_REDIS_REFUSES', reason);
  return new RingbackError('RB_REDIS_REFUSES', `Redis refuses to take the callback (${kind}): send it again`, { cause });
}

/** MUST NOT read `command`: it may hold secrets. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Error)) return { kind: typeof error, reason: 'unknown' };
  const replied = troubleIfReply(error);
  if (replied) return replied;
  if (error instanceof NoPrimary) return { kind: error.kind, reason: error.message };
  const code = codeOf(error);
  const tls = TLS[code];
  if (tls !== undefined) return { kind: code, reason: `${tls}${namesIn(error)}` };
  const loss = lossOf(error);
  // Other messages name a job: their first words are the same for all jobs.
  const kind = code !== '' || loss !== undefined ? NETWORK : error.message.split(' ', 3).join(' ');
  return { kind, reason: loss ?? error.message.slice(0, LONGEST) };
}

/** The names in a certificate that has not the one that was wanted. */
function namesIn(error: Error): string {
  const cert: unknown = 'cert' in error ? error.cert : undefined;
  const isNamed = typeof cert === 'object' && cert !== null && 'subjectaltname' in cert;
  return isNamed && typeof cert.subjectaltname === 'string' ? `. It is for ${cert.subjectaltname.slice(0, LONGEST)}` : '';
}

export function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const EVENT = 'ringback:trouble';

export function tellTrouble(redis: Redis, trouble: Trouble): void {
  redis.emit(EVENT, trouble);
}

export function onTrouble(redis: Redis, heard: (trouble: Trouble) => void): () => void {
  redis.on(EVENT, heard);
  return () => void redis.off(EVENT, heard);
}
