import { setImmediate } from 'node:timers/promises';
import {
  type Effort,
  type ErrorCode,
  type Explaining,
  type Explanation,
  type Logger,
  type RequestHead,
  RingbackError,
  type Source,
} from '@ringback/contracts';
import { explainBy, reasonOf, sizeText } from '@ringback/sources';

const TELL_AFTER = 5;
const TELL_EVERY_MS = 10 * 60_000;
/** Of a longer body, a step would hold up other requests for too long. Of this one, it takes about a millisecond. */
const MOST_BYTES = 16 * 1024;
/** For one search: about 0.1 s of CPU. */
const EFFORT: Effort = { bytes: 64 * 1024 * 1024 };
/** Strangers cause searches: together these MUST NOT take more than 1 % of a CPU. */
const REST_PER_WORK = 100;
/** Accounts come from the settings. This is a bound for sources that break the rule. */
const MOST_ACCOUNTS = 10_000;

const COUNTED: ReadonlySet<ErrorCode> = new Set([
  'RB_SIGN_MISMATCH',
  'RB_SIGN_MISSING',
  'RB_HEADER_MISSING',
  'RB_HEADER_INVALID',
  'RB_ACCOUNT_UNKNOWN',
  'RB_CALLBACK_STALE',
]);

type Streak = { count: number; lastAt: number; toldAt: number };

type Refused = {
  readonly source: Source;
  /** Undefined: the request names no configured one. */
  readonly account: string | undefined;
  readonly error: unknown;
  readonly head: RequestHead;
  /** Undefined: it was not read. */
  readonly body: Buffer | undefined;
};

export type RefusalStreaks = {
  /** Costs a comparison while there is no streak. */
  accepted(source: string, account: string): void;
  /** MUST be told before the answer is sent; the work comes after it. */
  refused(refusal: Refused): void;
};

type Options = {
  readonly logger: Logger;
  /** ms since the epoch. */
  readonly now: () => number;
  /** ms, monotonic. For tests. */
  readonly clock?: () => number;
};

/**
 * After several refusals of one account in a row, one line says the likeliest reason.
 * One search at a time. An account that is due meanwhile gets its turn with its next refusal.
 */
export function createRefusalStreaks({ logger, now, clock = () => performance.now() }: Options): RefusalStreaks {
  const streaks = new Map<string, Streak>();
  /** How many streaks are not empty. */
  let counting = 0;
  /** By `clock`. Infinity while a search runs. */
  let restUntil = 0;

  return {
    accepted(source, account) {
      if (counting === 0) return;
      const streak = streaks.get(keyOf(source, account));
      if (!streak || streak.count === 0) return;
      streak.count = 0;
      counting -= 1;
    },
    refused(refusal) {
      const { source, account, error } = refusal;
      if (!(error instanceof RingbackError) || !COUNTED.has(error.code)) return;
      const streak = streakOf(streaks, keyOf(source.name, account));
      if (!streak) return;
      if (streak.count === 0) counting += 1;
      const at = now();
      // Strangers who come now and then are no streak.
      streak.count = at - streak.lastAt > TELL_EVERY_MS ? 1 : streak.count + 1;
      streak.lastAt = at;
      const isDue = streak.count >= TELL_AFTER && at - streak.toldAt >= TELL_EVERY_MS;
      if (!isDue || clock() < restUntil) return;
      streak.toldAt = at;
      restUntil = Infinity;
      void tell(refusal, { refusals: streak.count, logger, clock }).then(
        (worked) => (restUntil = clock() + worked * REST_PER_WORK),
      );
    },
  };
}

function streakOf(streaks: Map<string, Streak>, key: string): Streak | undefined {
  const known = streaks.get(key);
  if (known || streaks.size >= MOST_ACCOUNTS) return known;
  const streak = { count: 0, lastAt: -Infinity, toldAt: -Infinity };
  streaks.set(key, streak);
  return streak;
}

type Telling = { readonly refusals: number; readonly logger: Logger; readonly clock: () => number };

/** How long it worked, in ms. Never rejects. */
async function tell(refused: Refused, { refusals, logger, clock }: Telling): Promise<number> {
  const { source, account, error } = refused;
  const work = { ms: 0 };
  try {
    const { reasons, isProven, untried } = await finish(explain(refused), work, clock);
    const reason = reasons[0] ?? reasonOf(error);
    const who = { source: source.name, ...(account !== undefined && { account }) };
    const left = isProven || untried === undefined ? {} : { untried };
    const line = { code: 'RB_SIGN_FAILING', ...who, refusals, cause: reason.code, proven: isProven, ...left };
    logger.warn(line, `callbacks are refused again and again: ${reason.text}`);
  } catch (bug) {
    // The message of a bug may hold personal data.
    const name = bug instanceof Error ? bug.name : 'unknown';
    logger.error({ code: 'RB_INTERNAL', source: source.name, bug: name }, 'the reason of refusals was not found');
  }
  return work.ms;
}

function* explain({ source, head, body }: Refused): Explaining {
  if (!body || body.length <= MOST_BYTES) return yield* explainBy(source, { head, body, effort: EFFORT });
  const found = yield* explainBy(source, { head, body: undefined });
  return { ...found, untried: `changes to the body: it is larger than ${sizeText(MOST_BYTES)}` };
}

/** Names of sources hold no space. */
function keyOf(source: string, account = ''): string {
  return `${source} ${account}`;
}

/** A step per turn of the event loop. The first comes after the answer. */
async function finish(explaining: Explaining, work: { ms: number }, clock: () => number): Promise<Explanation> {
  for (;;) {
    await setImmediate();
    const from = clock();
    const step = explaining.next();
    work.ms += clock() - from;
    if (step.done) return step.value;
  }
}
