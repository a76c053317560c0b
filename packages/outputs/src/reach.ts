import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type ConnectionOptions as TlsOptions, type TLSSocket } from 'node:tls';
import type { Endpoint } from '@ringback/contracts';
import { failureReason, unlessAborted } from './failure.ts';

/** What a server shows in its TLS handshake. */
export type Certificate = {
  /** ms since the epoch. */
  readonly validTo: number;
  readonly fitsHost: boolean;
  /** Node's code for why it is not trusted, apart from its end and its names. */
  readonly distrust: string | undefined;
};

/** How far one comes with a server: its name, its port, its certificate. */
export type Reach = {
  readonly addresses: readonly string[];
  readonly connectMs?: number;
  readonly certificate?: Certificate;
  /** What came next, and failed. */
  readonly failed?: { readonly step: 'dns' | 'tcp' | 'tls'; readonly reason: string };
};

/** How TLS is spoken with what is no HTTP server. */
export type Secure = {
  /** Absent: what deliveries use. */
  readonly tls?: TlsOptions;
  /** What a protocol sends before the handshake. */
  readonly askForTls?: ((socket: Socket) => Promise<void>) | undefined;
};

const AS_DELIVERIES: Secure = { tls: { ALPNProtocols: ['http/1.1'] } };

/** Sends nothing but a TLS handshake, with the addresses and CAs that deliveries use too. Never rejects. */
export async function reach({ host, port, tls }: Endpoint, signal: AbortSignal, secure = AS_DELIVERIES): Promise<Reach> {
  let known: Reach = { addresses: [] };
  let step: NonNullable<Reach['failed']>['step'] = 'dns';
  let socket: Socket | undefined;
  try {
    const found = await unlessAborted(signal, () => lookup(host, { all: true }));
    known = { addresses: found.map(({ address }) => address) };
    step = 'tcp';
    const from = performance.now();
    socket = connect({ host, port });
    await opened(socket, 'connect', signal);
    known = { ...known, connectMs: performance.now() - from };
    step = 'tls';
    return tls ? { ...known, certificate: await shakeHands({ host, socket, ...secure }, signal) } : known;
  } catch (error) {
    return { ...known, failed: { step, reason: failureReason(error, signal) } };
  } finally {
    socket?.destroy();
  }
}

type Handshake = Secure & { readonly host: string; readonly socket: Socket };

/** Takes any certificate, so that all that is wrong with it can be told. */
async function shakeHands({ host, socket, tls = {}, askForTls }: Handshake, signal: AbortSignal): Promise<Certificate> {
  if (askForTls) await unlessAborted(signal, () => askForTls(socket));
  const name = isIP(host) === 0 ? { servername: host } : {};
  const secure = connectTls({ socket, host, ...name, ...tls, rejectUnauthorized: false });
  try {
    await opened(secure, 'secureConnect', signal);
    return readCertificate(secure, tls.servername ?? host);
  } finally {
    secure.destroy();
  }
}

const TOLD_APART = new Set(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID']);

function readCertificate(secure: TLSSocket, host: string): Certificate {
  const certificate = secure.getPeerCertificate();
  const validTo = Date.parse(certificate.valid_to);
  // Node gives a code, though its types say Error.
  const why: unknown = secure.authorizationError ?? undefined;
  const code = why === undefined ? undefined : codeOf(why);
  // An issuer that has expired makes the same code.
  const isApart = code !== undefined && TOLD_APART.has(code) && (code !== 'CERT_HAS_EXPIRED' || validTo <= Date.now());
  return {
    validTo,
    fitsHost: checkServerIdentity(host, certificate) === undefined,
    distrust: isApart ? undefined : code,
  };
}

function codeOf(why: unknown): string {
  if (typeof why === 'string') return why;
  return why instanceof Error && 'code' in why ? String(why.code) : 'not authorized';
}

/** Rejects with the socket's error, or when the signal aborts. */
async function opened(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  await unlessAborted(
    signal,
    () =>
      new Promise<void>((resolve, reject) => {
        socket.on('error', reject).once(event, () => resolve());
        socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
      }),
  );
}
