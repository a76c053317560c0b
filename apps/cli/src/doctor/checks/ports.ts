import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { DEFAULT_ADMIN_PORTS, listenPort } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import type { Finding } from '@ringback/operations';
import { askHttp } from '@ringback/outputs';
import type { Check, DoctorContext } from '../check.ts';

export const portChecks: readonly Check[] = [
  { name: 'port-ingress', group: 'ports', run: checkIngress },
  { name: 'port-ingress-admin', group: 'ports', run: (context) => checkAdmin(context, 'ingress') },
  { name: 'port-worker-admin', group: 'ports', run: (context) => checkAdmin(context, 'worker') },
];

type Place = { readonly host: string; readonly port: number };

const ANSWERS_WITHIN_MS = 1000;
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

async function checkIngress({ settings, env }: DoctorContext): Promise<Finding[]> {
  const { ingress } = settings();
  const { host, adminPort = DEFAULT_ADMIN_PORTS.ingress, adminHost, adminTls } = ingress;
  const port = portOrProblem(ingress, env);
  if (typeof port === 'string')
    return [{ severity: 'error', subject: 'port of the ingress', text: port, mend: 'correct the variable, or unset it' }];
  const place = { host, port };
  const subject = placeText(place);
  if (place.port === 0) return [{ severity: 'ok', subject, text: 'any free port' }];
  if (!(await isTaken(place))) return [await judgeFree(place)];
  // It is not asked itself: the ingress would count and log the request as a refused callback.
  if (await isLive({ host: adminHost, port: adminPort, tls: adminTls !== undefined }))
    return [{ severity: 'ok', subject, text: 'taken, and a Ringback runs here' }];
  return [
    { severity: 'warning', subject, text: 'taken, and no Ringback answers at the admin port of the ingress', mend: MEND_TAKEN },
  ];
}

/** The ingress does not start with a variable that is no port. */
function portOrProblem(...args: Parameters<typeof listenPort>): number | string {
  try {
    return listenPort(...args);
  } catch (error) {
    if (error instanceof RingbackError) return error.message;
    throw error;
  }
}

async function checkAdmin({ settings }: DoctorContext, app: 'ingress' | 'worker'): Promise<Finding[]> {
  const { adminHost: host, adminPort, adminTls } = settings()[app];
  const place = { host, port: adminPort ?? DEFAULT_ADMIN_PORTS[app] };
  const subject = placeText(place);
  if (place.port === 0) return [{ severity: 'ok', subject, text: 'any free port' }];
  if (!(await isTaken(place))) return [await judgeFree(place)];
  if (await isLive({ ...place, tls: adminTls !== undefined })) return [{ severity: 'ok', subject, text: 'a Ringback runs here' }];
  if (adminPort === undefined)
    return [
      {
        severity: 'note',
        subject,
        text: `taken by another program: the ${app} takes any free port`,
        mend: `set ${app}.adminPort`,
      },
    ];
  return [{ severity: 'error', subject, text: 'taken by another program', mend: MEND_TAKEN }];
}

const MEND_TAKEN = 'end that program (ss -ltnp names it), or set another port';

const placeText = ({ host, port }: Place) => `${host.includes(':') ? `[${host}]` : host}:${port}`;
const reachable = ({ host, port }: Place): Place => ({ host: ANY_ADDRESS[host] ?? host, port });

async function isTaken(place: Place): Promise<boolean> {
  const socket = connect(reachable(place));
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Trusts any certificate: `/livez` is public, and the certificate may have another name. */
async function isLive({ tls, ...place }: Place & { readonly tls: boolean }): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  try {
    const url = `${tls ? 'https' : 'http'}://${placeText(reachable(place))}/livez`;
    const { text } = await askHttp({ method: 'GET', url, signal, anyCertificate: true });
    const page: unknown = JSON.parse(text);
    return typeof page === 'object' && page !== null && 'status' in page && page.status === 'live';
  } catch {
    return false;
  }
}

/** Listens there for a moment: only that tells whether this user may. */
async function judgeFree(place: Place): Promise<Finding> {
  const subject = placeText(place);
  const server = createServer((socket) => socket.destroy());
  try {
    const listening = once(server, 'listening');
    server.listen({ ...place, exclusive: true });
    await listening;
    return { severity: 'ok', subject, text: 'free' };
  } catch (error) {
    return refused(subject, error instanceof Error && 'code' in error ? String(error.code) : '');
  } finally {
    server.close();
  }
}

function refused(subject: string, code: string): Finding {
  switch (code) {
    case 'EACCES':
      return {
        severity: 'error',
        subject,
        text: 'this user may not listen there',
        mend: 'set a port from 1024 on, or give CAP_NET_BIND_SERVICE',
      };
    case 'EADDRNOTAVAIL':
      return { severity: 'error', subject, text: 'this machine has no such address', mend: 'correct host in the settings' };
    case 'EADDRINUSE':
      return { severity: 'error', subject, text: 'taken by another program', mend: MEND_TAKEN };
    default:
      return {
        severity: 'error',
        subject,
        text: `nothing can listen there (${code})`,
        mend: 'correct host and port in the settings',
      };
  }
}
