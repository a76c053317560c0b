import { type Callback, callbackKey } from '@ringback/contracts';
import type { Ledger } from '@ringback/ledger';

/** What callbacks are about tells a repeat that comes under a new requestID; undefined: nothing does. */
export type BusinessKeyOf = (callback: Callback) => string | undefined;

export type Sifted = { readonly fresh: Callback[]; readonly repeats: Callback[] };

/**
 * Tells callbacks that were delivered before under another requestID, by a claim like any other. Safe to be run again by the same batch. One round trip, and
 * none where nothing has a business key.
 */
export function createSieve({ ledger, businessKeyOf }: { ledger: Pick<Ledger, 'claim'>; businessKeyOf: BusinessKeyOf }) {
  return async (batchId: string, callbacks: readonly Callback[]): Promise<Sifted> => {
    const owners = new Map<string, Callback>();
    const keyed = callbacks.map((callback) => ({ callback, key: businessLedgerKey(callback, businessKeyOf(callback)) }));
    for (const { key, callback } of keyed) if (key !== undefined && !owners.has(key)) owners.set(key, callback);

    const claims = await ledger.claim(
      batchId,
      [...owners.keys()].map((key) => ({ key, digest: '' })),
    );
    const taken = new Set([...owners.keys()].filter((_, index) => claims[index] === 'duplicate'));
    const isFresh = ({ key, callback }: (typeof keyed)[number]) =>
      key === undefined || (owners.get(key) === callback && !taken.has(key));
    return {
      fresh: keyed.filter(isFresh).map(({ callback }) => callback),
      repeats: keyed.filter((entry) => !isFresh(entry)).map(({ callback }) => callback),
    };
  };
}

/** No source is called so: a name has no colon. */
export function businessLedgerKey({ source, account }: Callback, businessKey: string | undefined): string | undefined {
  return businessKey === undefined ? undefined : callbackKey({ source: `business:${source}`, account, id: businessKey });
}
