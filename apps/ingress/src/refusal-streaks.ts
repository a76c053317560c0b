import { setImmediate } from 'node:timers/promises';
import {
  type ErrorCode,
  type Explaining,
  type Explanation,
  type Logger,
  type RequestHead,
  RingbackError,
  type Source,
} from '@ringback/contracts';
import { explainBy } from '@ringback/sources';

const TELL_AFTER = 5;
const TELL_EVERY_MS = 10 * 60_000;
/** Of a longer body, a step would hold up other requests for too long. */
const MOST_BYTES = 16 * 1024;
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
};

/** After several refusals of one account in a row, one line says the likeliest reason. */
export function createRefusalStreaks({ logger, now }: Options): RefusalStreaks {
  const streaks = new Map<string, Streak>();
  /** How many streaks are not empty. */
  let counting = 0;
  let isExplaining = false;

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
      if (!isDue || isExplaining) return;
      streak.toldAt = at;
      isExplaining = true;
      void tell(refusal, streak.count, logger).finally(() => (isExplaining = false));
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

/** Never rejects. */
async function tell({ source, account, head, body }: Refused, refusals: number, logger: Logger): Promise<void> {
  const tried = body && body.length <= MOST_BYTES ? body : undefined;
  try {
    const { reasons, isProven } = await finish(explainBy(source, head, tried));
    const [reason] = reasons;
    if (!reason) return;
    const who = { source: source.name, ...(account !== undefined && { account }) };
    const line = { code: 'RB_SIGN_FAILING', ...who, refusals, cause: reason.code, proven: isProven };
    logger.warn(line, `callbacks are refused again and again: ${reason.text}`);
  } catch (error) {
    // The message of a bug may hold personal data.
    const bug = error instanceof Error ? error.name : 'unknown';
    logger.error({ code: 'RB_INTERNAL', source: source.name, bug }, 'the reason of refusals was not found');
  }
}

/** Names of sources hold no space. */
function keyOf(source: string, account = ''): string {
  return `${source} ${account}`;
}

/** A step per turn of the event loop. The first comes after the answer. */
async function finish(explaining: Explaining): Promise<Explanation> {
  for (;;) {
    await setImmediate();
    const step = explaining.next();
    if (step.done) return step.value;
  }
}
