import { type Callback, callbackKey } from '@ringback/contracts';
import type { Ledger } from '@ringback/ledger';

/** What a callback is about. Undefined: unknown. */
export type BusinessKeyOf = (callback: Callback) => string | undefined;

export type WithoutDuplicates = { readonly fresh: Callback[]; readonly businessDuplicates: Callback[] };

type Deps = { readonly ledger: Pick<Ledger, 'claim'>; readonly businessKeyOf: BusinessKeyOf };

/**
 * Drops callbacks delivered under another requestID. May be run again. One round trip, or none without keys.
 */
export function createBusinessDedupe({ ledger, businessKeyOf }: Deps) {
  return async (batchId: string, callbacks: readonly Callback[]): Promise<WithoutDuplicates> => {
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
      businessDuplicates: keyed.filter((entry) => !isFresh(entry)).map(({ callback }) => callback),
    };
  };
}

/** No source name holds a colon. */
export function businessLedgerKey({ source, account }: Callback, businessKey: string | undefined): string | undefined {
  return businessKey === undefined ? undefined : callbackKey({ source: `business:${source}`, account, id: businessKey });
}
