import { createAddressList, RingbackError } from '@ringback/contracts';
import type { IngressDeps } from './ingress-deps.ts';

export type ReachSettings = {
  readonly sources: readonly { readonly name: string; readonly allowFrom?: readonly string[] }[];
  readonly ingress: { readonly trustProxy?: readonly string[] | undefined };
};

export function reachOf({ sources, ingress }: ReachSettings): Pick<IngressDeps, 'allowFrom' | 'trustProxy'> {
  const lists = sources.flatMap(({ name, allowFrom }) => (allowFrom ? [[name, createAddressList(allowFrom)] as const] : []));
  const { trustProxy } = ingress;
  return { allowFrom: new Map(lists), ...(trustProxy ? { trustProxy: createAddressList(trustProxy) } : {}) };
}

type Arrival = {
  readonly source: string;
  /** A getter: computed only if needed. */
  readonly request: { readonly ip: string };
  readonly allowFrom: IngressDeps['allowFrom'];
};

/** Only the log names the address. @throws RingbackError RB_ADDRESS_REFUSED */
export function refuseStranger({ source, request, allowFrom }: Arrival): void {
  const isAllowed = allowFrom?.get(source);
  if (!isAllowed || isAllowed(request.ip)) return;
  throw new RingbackError('RB_ADDRESS_REFUSED', `source ${source} does not accept requests from this address (allowFrom)`);
}
