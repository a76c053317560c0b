import { RingbackError } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { createRunner } from './runner.ts';
import { CLAIM, READ, RECORD } from './scripts.ts';

/** What a claim found: the callback is this batch's to fan out; this batch has fanned it out already; another batch owns it; or another batch owns one of the same identity that says something else. */
export type Claim = 'ours' | 'done' | 'duplicate' | 'conflict';

/** What became of a delivery so far: delivered, kept as a dead letter, or handed on to a job of its own. */
export type Outcome = 'delivered' | 'dead' | 'retrying';

type OutcomeEntry = { readonly key: string; readonly output: string; readonly outcome: Outcome };

/** What Redis remembers of each callback, for as long as the dedupe window. `key` is `callbackKey(callback)`, `digest` `bodyDigest(body)`. Every call is one round trip, whatever the number of keys. */
export type Ledger = {
  /** Marks each callback as owned by `batch` unless another one owns it. A batch that is run again finds its own claims. */
  claim(batch: string, callbacks: readonly { readonly key: string; readonly digest: string }[]): Promise<Claim[]>;
  /** The second phase. MUST follow the fan-out: from here on a re-run of the batch does nothing for these callbacks. */
  markDone(batch: string, keys: readonly string[]): Promise<void>;
  /** The outcome that each callback's delivery to `output` has, in the order of `keys`. */
  outcomes(output: string, keys: readonly string[]): Promise<(Outcome | undefined)[]>;
  record(entries: readonly OutcomeEntry[]): Promise<void>;
};

export type LedgerOptions = {
  readonly redis: Redis;
  /** Namespace of every key in Redis. */
  readonly prefix: string;
  /** Dedupe window, ms. */
  readonly window: number;
};

const CLAIMS = ['ours', 'done', 'duplicate', 'conflict'] as const satisfies readonly Claim[];
const OUTCOMES = ['delivered', 'dead', 'retrying'] as const satisfies readonly Outcome[];

export function createLedger({ redis, prefix, window }: LedgerOptions): Ledger {
  const run = createRunner(redis);
  const seconds = String(Math.ceil(window / 1000));
  const entryKeys = (keys: readonly string[]) => keys.map((key) => `${prefix}:ledger:${key}`);

  return {
    async claim(batch, callbacks) {
      const digests = callbacks.map(({ digest }) => digest);
      const verdicts = await run(CLAIM, entryKeys(callbacks.map(({ key }) => key)), [batch, seconds, ...digests]);
      return callbacks.map((_, index) => oneOf(CLAIMS, verdicts[index]) ?? unreadable());
    },
    async markDone(batch, keys) {
      const fields = keys.flatMap(() => ['claim', `done ${batch}`]);
      await run(RECORD, entryKeys(keys), [...fields, seconds]);
    },
    async outcomes(output, keys) {
      const values = await run(READ, entryKeys(keys), [outcomeField(output)]);
      return keys.map((_, index) => oneOf(OUTCOMES, values[index]));
    },
    async record(entries) {
      const fields = entries.flatMap(({ output, outcome }) => [outcomeField(output), outcome]);
      await run(RECORD, entryKeys(entries.map(({ key }) => key)), [...fields, seconds]);
    },
  };
}

/** Outputs are named by people: the prefix keeps one called `claim` apart. */
function outcomeField(output: string): string {
  return `to:${output}`;
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | undefined {
  return known.find((candidate) => candidate === value);
}

function unreadable(): never {
  throw new RingbackError('RB_INTERNAL', 'the ledger gave an answer that is not one of its own');
}
