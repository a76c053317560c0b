import { shardOf } from '@ringback/contracts';
import type { Claim, Ledger } from '@ringback/ledger';
import { HandBack } from '@ringback/queue';
import type { Reach } from '../shard/reach.ts';

/** Claims lie in the shard of their own key. */
export type Claims = Pick<Ledger, 'release' | 'keep'> & {
  /** A HandBack for a claim whose shard is away: it knows when to ask again. */
  claim(...request: Parameters<Ledger['claim']>): Promise<readonly (Claim | HandBack | undefined)[]>;
};

export type ClaimsOptions = {
  /** The shard whose work asks. */
  readonly own: number;
  readonly shards: readonly { readonly ledger: Ledger; readonly reach: Reach }[];
};

export function createClaims({ own, shards }: ClaimsOptions): Claims {
  const [first, ...others] = shards;
  if (first && others.length === 0) return first.ledger;

  async function at<T>(shard: number, work: (ledger: Ledger) => Promise<T>): Promise<T | HandBack | undefined> {
    const place = shards[shard];
    if (place === undefined || shard === own) return place && work(place.ledger);
    return place.reach.ask(() => work(place.ledger)).catch(unlessAway);
  }
  const perShard = <E>(entries: readonly E[], keyOf: (entry: E) => string) => [
    ...Map.groupBy(entries, (entry) => shardOf(keyOf(entry), shards.length)),
  ];

  return {
    async claim(batch, callbacks) {
      const verdicts = new Map<string, Claim | HandBack | undefined>();
      const claimAt = async ([shard, those]: [number, typeof callbacks]) => {
        const claims = await at(shard, (ledger) => ledger.claim(batch, those));
        for (const [index, { key }] of those.entries()) verdicts.set(key, claims instanceof HandBack ? claims : claims?.[index]);
      };
      await Promise.all(perShard(callbacks, ({ key }) => key).map(claimAt));
      return callbacks.map(({ key }) => verdicts.get(key));
    },
    async release(batch, keys) {
      // What an away shard keeps expires with the dedupe window.
      await Promise.all(
        perShard(keys, (key) => key).map(([shard, those]) => at(shard, (ledger) => ledger.release(batch, those))),
      );
    },
    async keep(deliveries, { keys, forMs }) {
      const groups = new Map([[own, []], ...perShard(keys, (key) => key)]);
      // The next attempt asks an away shard again.
      await Promise.all(
        [...groups].map(([shard, those]) => at(shard, (ledger) => ledger.keep(deliveries, { keys: those, forMs }))),
      );
    },
  };
}

function unlessAway(error: unknown): HandBack {
  if (error instanceof HandBack) return error;
  throw error;
}
