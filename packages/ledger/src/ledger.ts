import { RingbackError } from '@ringback/contracts';
import { createRunScript, outcomesKey } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { CLAIM, KEEP, RECORD, RELEASE, RENEW } from './scripts.ts';

/** What a claim found: the callback is this batch's to fan out; the same, but this batch has claimed it before, and may have fanned it out; another batch owns it; or another batch owns one of the same identity that says something else. */
export type Claim = 'ours' | 'again' | 'duplicate' | 'conflict';

/** What became of a delivery so far: delivered, kept as a dead letter, handed on to a job of its own, or dropped by the rule of its output. */
export type Outcome = 'delivered' | 'dead' | 'retrying' | 'dropped';

/** The deliveries of one batch to one output. */
type Deliveries = { readonly batch: string; readonly output: string };

type OutcomeEntry = { readonly batch: string; readonly key: string; readonly outcome: Outcome };

/**
 * What Redis remembers of each callback, for as long as the dedupe window: which batch owns it, and that batch's outcomes at each output. `key` is `callbackKey(callback)`,
 * `digest` `bodyDigest(body)`. Every call is one round trip, whatever the number of keys. That a batch is done is not written down: then its job is gone.
 */
export type Ledger = {
  /** Marks each callback as owned by `batch` unless another one owns it. A batch that is run again finds its own claims, and renews them: they live for a window from now on. */
  claim(batch: string, callbacks: readonly { readonly key: string; readonly digest: string }[]): Promise<Claim[]>;
  /** Gives up what `batch` has claimed of these, so that the callbacks, sent again, are new. */
  release(batch: string, keys: readonly string[]): Promise<void>;
  /** Lets what is known of the batch's outcomes at these outputs live for a window from now on. */
  renew(batch: string, outputs: readonly string[]): Promise<void>;
  /** Lets the outcomes of these deliveries, and the claims on their callbacks, live for `forMs` and a window from now on: they are tried for longer than a window. */
  keep(deliveries: Deliveries, kept: { readonly keys: readonly string[]; readonly forMs: number }): Promise<void>;
  /** The outcome that each of these deliveries has, in the order of `keys`. */
  outcomes(deliveries: Deliveries, keys: readonly string[]): Promise<(Outcome | undefined)[]>;
  /** Writes outcomes at one output, of whatever batches. */
  record(output: string, entries: readonly OutcomeEntry[]): Promise<void>;
};

export type LedgerOptions = {
  readonly redis: Redis;
  /** Namespace of every key in Redis. */
  readonly prefix: string;
  /** Dedupe window, ms. */
  readonly window: number;
};

const CLAIMS = ['ours', 'again', 'duplicate', 'conflict'] as const satisfies readonly Claim[];
const OUTCOMES = ['delivered', 'dead', 'retrying', 'dropped'] as const satisfies readonly Outcome[];

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
  throw new RingbackError('RB_INTERNAL', 'the ledger gave an answer that is not one of its own');
}
