import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import type { Redis } from 'ioredis';
import { NoPrimary } from './no-primary.ts';
import { codeOf, isTls, type Trouble, troubleOf, troubleOfReply, WHERE } from './trouble.ts';

/** ms. */
const LISTEN_FIRST_MS = 300;
const ANSWER_WITHIN_MS = 500;

/** May mean a full server, TLS, or no Redis. */
const AMBIGUOUS = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', '']);

/** Only the server can tell what such an error means. */
export function isAmbiguous(redis: Redis, error: Error): boolean {
  if (error instanceof NoPrimary) return false;
  return redis.status !== 'ready' && error.name !== 'ReplyError' && AMBIGUOUS.has(codeOf(error));
}

/** Asks over a second connection without TLS. Takes at most 1.8 s. Never rejects. */
export async function diagnose(redis: Redis, error: Error): Promise<Trouble> {
  const { host, port, tls } = redis.options;
  if (!host || port === undefined) return troubleOf(error);
  const heard = await ask({ host, port });
  if (tls === undefined && heard === undefined && (await speaksTls({ host, port }))) return TLS_WANTED;
  const judged = judge(heard, tls !== undefined);
  if (judged === undefined && typeof tls === 'object') return (await refusedByTls({ host, port, ...tls })) ?? troubleOf(error);
  return judged ?? troubleOf(error);
}

async function ask(place: { host: string; port: number }): Promise<Buffer | undefined> {
  const socket = connect(place);
  socket.on('error', () => {});
  try {
    const unasked = await firstBytes(socket, LISTEN_FIRST_MS);
    if (unasked !== undefined || !socket.writable) return unasked;
    socket.write('PING\r\n');
    return await firstBytes(socket, ANSWER_WITHIN_MS);
  } finally {
    socket.destroy();
  }
}

/** A server that refuses our certificate says so after the handshake. A client that writes meanwhile may not hear it. */
async function refusedByTls(options: TlsOptions): Promise<Trouble | undefined> {
  const socket = connectTls(options);
  try {
    return await new Promise<Trouble | undefined>((resolve) => {
      socket.on('error', (error) => resolve(isTls(troubleOf(error)) ? troubleOf(error) : undefined));
      socket.on('close', () => resolve(undefined)).setTimeout(ANSWER_WITHIN_MS, () => resolve(undefined));
    });
  } finally {
    socket.destroy();
  }
}

/** Sends nothing, so the certificate does not matter. */
async function speaksTls(place: { host: string; port: number }): Promise<boolean> {
  const socket = connectTls({ ...place, rejectUnauthorized: false });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.on('secureConnect', () => resolve(true)).on('close', () => resolve(false));
      socket.on('error', (error) => resolve(/^ERR_SSL_.*ALERT/.test(codeOf(error))));
      socket.setTimeout(ANSWER_WITHIN_MS, () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}

function firstBytes(socket: Socket, ms: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end(bytes?: Buffer): void {
      clearTimeout(timer);
      socket.off('data', end).off('close', close);
      resolve(bytes);
    }
    const close = () => end();
    socket.on('data', end).on('close', close);
  });
}

const TLS_WANTED: Trouble = {
  kind: 'tls',
  reason: `Redis speaks TLS there. Use rediss:// instead of redis:// in ${WHERE}, or write redis.tls`,
};

/** The first byte of a TLS alert. */
const TLS_ALERT = 0x15;

function judge(heard: Buffer | undefined, tls: boolean): Trouble | undefined {
  if (heard === undefined) return undefined;
  const text = heard.toString('latin1');
  if (heard[0] === TLS_ALERT) {
    return tls ? undefined : TLS_WANTED;
  }
  const refusal = text.startsWith('-') ? troubleOfReply(text.slice(1).split('\r\n', 1)[0] ?? '') : undefined;
  const isRedis = text.startsWith('+PONG') || refusal !== undefined;
  if (isRedis && tls)
    return {
      kind: 'tls',
      reason: `Redis speaks no TLS there. Use redis:// instead of rediss:// in ${WHERE}, or take redis.tls out`,
    };
  // NOAUTH here tells nothing about a connection that has a password.
  if (refusal !== undefined) return refusal.kind === 'NOAUTH' || refusal.kind === 'ERR' ? undefined : refusal;
  return isRedis ? undefined : { kind: 'no redis', reason: `what listens there is no Redis. Correct ${WHERE}` };
}
