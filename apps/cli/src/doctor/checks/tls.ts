import { X509Certificate } from 'node:crypto';
import { tlsOfHistory } from '@ringback/history';
import type { Finding } from '@ringback/operations';
import { reach, type Secure } from '@ringback/outputs';
import { type TlsPlace, tlsPlaces } from '@ringback/redis';
import type { DoctorContext } from '../check.ts';
import { endingWithin, SHARE_OF_TIMEOUT } from '../run-checks.ts';
import { type CertificateMends, judgeCertificate, judgeEnd, type Told } from './certificate.ts';

/** Every server and sentinel that speaks TLS with us. Nothing without TLS. */
export async function checkRedisTls(context: DoctorContext): Promise<readonly Finding[]> {
  const { redis } = context.settings();
  const here = lookFrom(context);
  const ask = ({ at, ...one }: TlsPlace) =>
    here.look({ ...one, where: at, noTls: `take ${at} out, or write redis:// in redis.url` });
  const named = tlsPlaces(redis, []);
  const known = new Set(named.map(({ place }) => place));
  const [first, others] = await Promise.all([
    Promise.all(named.map(ask)),
    serversFound(context).then((found) =>
      Promise.all(
        tlsPlaces(redis, found)
          .filter(({ place }) => !known.has(place))
          .map(ask),
      ),
    ),
  ]);
  const own = [...here.own('redis.tls', redis.tls), ...here.own('redis.sentinel.tls', redis.sentinel?.tls)];
  return [...first.flat(), ...others.flat(), ...own];
}

/** None if Redis is away: `redis-reach` says why. */
async function serversFound({ shards, timeout }: DoctorContext): Promise<{ readonly host: string; readonly port: number }[]> {
  const all = await endingWithin(timeout * SHARE_OF_TIMEOUT, shards).catch(() => undefined);
  return (all?.reached ?? []).map(({ redis: { options } }) => ({ host: options.host ?? '', port: options.port ?? 0 }));
}

/** Nothing without TLS. */
export async function checkHistoryTls(context: DoctorContext): Promise<readonly Finding[]> {
  const { history } = context.settings();
  const endpoint = history && (await tlsOfHistory(history));
  if (endpoint === undefined) return [];
  const here = lookFrom(context);
  const { host, port } = endpoint;
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const noTls = 'set ssl = on in postgresql.conf, or take history.tls out';
  return [...(await here.look({ ...endpoint, place, where: 'history.tls', noTls })), ...here.own('history.tls', history?.tls)];
}

type Place = Secure & {
  readonly host: string;
  readonly port: number;
  readonly place: string;
  /** In the settings. */
  readonly where: string;
  /** How to mend it if it speaks none. */
  readonly noTls: string;
};

type Own = { readonly cert?: { reveal(): string } | undefined };

function lookFrom({ timeout, now }: DoctorContext) {
  const signal = AbortSignal.timeout(timeout * SHARE_OF_TIMEOUT);
  return {
    async look({ host, port, place: subject, where, noTls, ...secure }: Place): Promise<readonly Finding[]> {
      const { certificate, failed } = await reach({ host, port, tls: true }, signal, secure);
      if (certificate)
        return judgeCertificate(certificate, { now: now(), mends: mendsAt(where) }).map((told) => ({ subject, ...told }));
      const text = failed?.reason ?? 'no certificate';
      if (failed?.step !== 'tls') return [{ severity: 'warning', subject, text: `could not be checked: ${text}` }];
      return [{ severity: 'error', subject, text, mend: `does it speak TLS? If it does not, ${noTls}` }];
    },
    /** Ours, which a server may ask for. */
    own(where: string, tls: Own | undefined): readonly Finding[] {
      if (tls?.cert === undefined) return [];
      const told = judgeOwn(tls.cert.reveal(), { where, now: now() });
      return [{ subject: `${where}.cert, ours`, ...told }];
    },
  };
}

function mendsAt(where: string): CertificateMends {
  return {
    renew: 'renew it, and have the server read the new one',
    name: `set ${where}.servername to the name in the certificate`,
    trust: `name the CA that signed it in ${where}.caFile`,
  };
}

function judgeOwn(cert: string, { where, now }: { readonly where: string; readonly now: number }): Told {
  try {
    const { validTo } = new X509Certificate(cert);
    return judgeEnd(Date.parse(validTo), { now, renew: `renew it, and restart what runs with ${where}` });
  } catch {
    return { severity: 'error', text: 'is not a certificate in PEM that can be read', mend: `correct ${where}.certFile` };
  }
}
