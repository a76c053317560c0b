import { createAddressList, RingbackError } from '@ringback/contracts';
import type { IngressDeps } from './ingress-deps.ts';

export type ReachSettings = {
  readonly sources: readonly { readonly name: string; readonly allowFrom?: readonly string[] }[];
  readonly ingress: { readonly trustProxy?: readonly string[] | undefined };
};

/** Where callbacks may come from, and which proxies are believed as to that, as the settings have it. */
export function reachOf({ sources, ingress }: ReachSettings): Pick<IngressDeps, 'allowFrom' | 'trustProxy'> {
  const lists = sources.flatMap(({ name, allowFrom }) => (allowFrom ? [[name, createAddressList(allowFrom)] as const] : []));
  const { trustProxy } = ingress;
  return { allowFrom: new Map(lists), ...(trustProxy ? { trustProxy: createAddressList(trustProxy) } : {}) };
}

type Arrival = {
  readonly source: string;
  /** `ip` is looked up only where it matters. */
  readonly request: { readonly ip: string };
  readonly allowFrom: IngressDeps['allowFrom'];
};

/**
 * Refuses a request from an address that the source does not expect. The answer does not tell the address, which may be that of a proxy: the log does.
 * @throws RingbackError RB_ADDRESS_REFUSED
 */
export function refuseStranger({ source, request, allowFrom }: Arrival): void {
  const isAllowed = allowFrom?.get(source);
  if (!isAllowed || isAllowed(request.ip)) return;
  throw new RingbackError('RB_ADDRESS_REFUSED', `source ${source} takes nothing from this address (allowFrom)`);
}
