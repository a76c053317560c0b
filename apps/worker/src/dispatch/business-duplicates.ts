import { type Callback, callbackKey } from '@ringback/contracts';
import { HandBack } from '@ringback/queue';
import type { Claims } from './claims.ts';

/** What a callback is about. Undefined: unknown. */
export type BusinessKeyOf = (callback: Callback) => string | undefined;

export type WithoutDuplicates = {
  readonly fresh: Callback[];
  readonly businessDuplicates: Callback[];
  /** The shard that knows of some is away. */
  readonly undecided?: HandBack | undefined;
};

type Deps = { readonly claims: Pick<Claims, 'claim'>; readonly businessKeyOf: BusinessKeyOf };

/**
 * Drops callbacks delivered under another requestID. May be run again. One round trip for each shard that knows
 * of one, or none without keys.
 */
export function createBusinessDedupe({ claims: all, businessKeyOf }: Deps) {
  return async (batchId: string, callbacks: readonly Callback[]): Promise<WithoutDuplicates> => {
    const owners = new Map<string, Callback>();
    const keyed = callbacks.map((callback) => ({ callback, key: businessLedgerKey(callback, businessKeyOf(callback)) }));
    for (const { key, callback } of keyed) if (key !== undefined && !owners.has(key)) owners.set(key, callback);

    const keys = [...owners.keys()];
    const claims = await all.claim(
      batchId,
      keys.map((key) => ({ key, digest: '' })),
    );
    const taken = new Set(keys.filter((_, index) => claims[index] === 'duplicate'));
    const unknown = new Set(keys.filter((_, index) => claims[index] instanceof HandBack));
    const kindOf = ({ key, callback }: (typeof keyed)[number]) => {
      if (key === undefined) return 'fresh';
      if (unknown.has(key)) return 'undecided';
      return owners.get(key) === callback && !taken.has(key) ? 'fresh' : 'businessDuplicates';
    };
    const { fresh = [], businessDuplicates = [] } = Object.groupBy(keyed, kindOf);
    const callbacksOf = (entries: typeof keyed) => entries.map(({ callback }) => callback);
    return {
      fresh: callbacksOf(fresh),
      businessDuplicates: callbacksOf(businessDuplicates),
      undecided: claims.find((claim) => claim instanceof HandBack),
    };
  };
}

/** No source name holds a colon. */
export function businessLedgerKey({ source, account }: Callback, businessKey: string | undefined): string | undefined {
  return businessKey === undefined ? undefined : callbackKey({ source: `business:${source}`, account, id: businessKey });
}
