import { RingbackError } from '@ringback/contracts';
import { createRunScript, outcomesKey } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { CLAIM, KEEP, RECORD, RELEASE, RENEW } from './scripts.ts';

/** again: claimed by an earlier run of this batch. conflict: claimed by another batch, with another body. */
export type Claim = 'ours' | 'again' | 'duplicate' | 'conflict';

/**
 * retrying: it has a job of its own. dropped: by its output's backlog rule. parked: it rests in the history.
 * returned: it was parked, and its output has it again.
 */
export type Outcome = 'delivered' | 'dead' | 'retrying' | 'dropped' | 'parked' | 'returned';

type Deliveries = { readonly batch: string; readonly output: string };

type OutcomeEntry = { readonly batch: string; readonly key: string; readonly outcome: Outcome };

/** What Redis remembers of a callback for the dedupe window. Each call is one round trip. */
export type Ledger = {
  /** Claims the callbacks that no other batch owns. Renews claims of an earlier run. */
  claim(batch: string, callbacks: readonly { readonly key: string; readonly digest: string }[]): Promise<Claim[]>;
  /** Releases the batch's claims: these callbacks are new when sent again. */
  release(batch: string, keys: readonly string[]): Promise<void>;
  /** Keeps the batch's outcomes for a window from now. */
  renew(batch: string, outputs: readonly string[]): Promise<void>;
  /** Keeps outcomes and claims for `forMs` plus a window, for deliveries that are tried for longer. */
  keep(deliveries: Deliveries, kept: { readonly keys: readonly string[]; readonly forMs: number }): Promise<void>;
  outcomes(deliveries: Deliveries, keys: readonly string[]): Promise<(Outcome | undefined)[]>;
  record(output: string, entries: readonly OutcomeEntry[]): Promise<void>;
};

export type LedgerOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  /** Dedupe window, ms. */
  readonly window: number;
};

const CLAIMS = ['ours', 'again', 'duplicate', 'conflict'] as const satisfies readonly Claim[];
const OUTCOMES = ['delivered', 'dead', 'retrying', 'dropped', 'parked', 'returned'] as const satisfies readonly Outcome[];

export function createLedger({ redis, prefix, window }: LedgerOptions): Ledger {
  const run = createRunScript(redis);
  const seconds = String(Math.ceil(window / 1000));
  const claimKey = (key: string) => `${prefix}:ledger:${key}`;
  const keyOfOutcomes = (deliveries: Deliveries) => outcomesKey({ prefix, ...deliveries });

  return {
    async claim(batch, callbacks) {
      const digests = callbacks.map(({ digest }) => digest);
      const keys = callbacks.map(({ key }) => claimKey(key));
      const verdicts = await run(CLAIM, keys, [batch, seconds, ...digests]);
      return callbacks.map((_, index) => oneOf(CLAIMS, verdicts[index]) ?? unreadable());
    },
    async release(batch, keys) {
      await run(RELEASE, keys.map(claimKey), [batch]);
    },
    async renew(batch, outputs) {
      const keys = outputs.map((output) => keyOfOutcomes({ batch, output }));
      await run(RENEW, keys, [seconds]);
    },
    async keep(deliveries, { keys, forMs }) {
      const all = [keyOfOutcomes(deliveries), ...keys.map(claimKey)];
      await run(KEEP, all, [deliveries.batch, String(Math.ceil((window + forMs) / 1000))]);
    },
    async outcomes(deliveries, keys) {
      const values = keys.length === 0 ? [] : await redis.hmget(keyOfOutcomes(deliveries), ...keys);
      return keys.map((_, index) => oneOf(OUTCOMES, values[index]));
    },
    async record(output, entries) {
      const batches = [...Map.groupBy(entries, ({ batch }) => batch)];
      const fields = batches.flatMap(([, own]) => [String(own.length), ...own.flatMap(({ key, outcome }) => [key, outcome])]);
      const keys = batches.map(([batch]) => keyOfOutcomes({ batch, output }));
      await run(RECORD, keys, [seconds, ...fields]);
    },
  };
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | undefined {
  return known.find((candidate) => candidate === value);
}

function unreadable(): never {
  throw new RingbackError('RB_INTERNAL', 'the ledger returned an unknown answer');
}
