import { RingbackError } from '@ringback/contracts';

/** Where an app goes if the settings name no admin port. If that is taken, it takes any free one. */
export const DEFAULT_ADMIN_PORTS = { ingress: 9080, worker: 9090 } as const;

/** Not RINGBACK_INGRESS_PORT: in Kubernetes a Service named ringback-ingress sets that. */
const NAME = 'RINGBACK_LISTEN_PORT';
const HIGHEST = 65_535;

/**
 * The port of this ingress: the variable's, or else that of the settings, which several ingresses of one machine may share.
 * @throws RingbackError RB_CONFIG_INVALID if the variable is no port
 */
export function listenPort({ port }: { readonly port: number }, env: Readonly<Record<string, string | undefined>>): number {
  const text = env[NAME] ?? '';
  if (text === '') return port;
  const other = Number(text);
  if (/^\d+$/.test(text) && other <= HIGHEST) return other;
  throw new RingbackError('RB_CONFIG_INVALID', `${NAME} is not a port: a number from 0 to ${HIGHEST}`);
}
