import {
  type Effort,
  type Explaining,
  type Explanation,
  RingbackError,
  type RequestHead,
  type Source,
} from '@ringback/contracts';
import { reasonOf } from './reasons.ts';

type Request = {
  readonly head: RequestHead;
  /** Undefined: it was not read, or is not to be tried. */
  readonly body: Buffer | undefined;
  /** Absent: no bound. */
  readonly effort?: Effort | undefined;
};

/** Why this source refuses the head or the signature. No reasons: it takes them. */
export function* explainBy(source: Source, { head, body, effort }: Request): Explaining {
  let refused: unknown;
  try {
    const verify = source.precheck(head);
    if (body) return { account: verify(body).account, reasons: [], isProven: true };
  } catch (error) {
    if (!(error instanceof RingbackError)) throw error;
    refused = error;
  }
  const found: Explanation | undefined = source.explain && (yield* source.explain(head, body, effort));
  if (found && (found.reasons.length > 0 || refused === undefined)) return found;
  return { ...found, reasons: refused === undefined ? [] : [reasonOf(refused)], isProven: false };
}

export type Found = Explanation & { readonly source: string };

type OfAny = Request & { readonly sources: readonly Source[] };

/**
 * In steps. By the source that the request fits best. `head.path` may be empty: each source gets its own first path.
 * @throws RingbackError RB_CONFIG_INVALID: a secret that is needed is not set
 */
export function* explainRequest({ sources, head, body, effort }: OfAny): Generator<void, Found | undefined> {
  const errors: unknown[] = [];
  const found: Ranked[] = [];
  // All sources together cost no more than one.
  const share = effort && { bytes: effort.bytes / sources.length };
  for (const source of sources) {
    const own = { ...head, path: head.path === '' ? (source.paths[0] ?? '') : head.path };
    try {
      const explanation = { ...(yield* explainBy(source, { head: own, body, effort: share })), source: source.name };
      found.push({ explanation, unfitness: unfitness(explanation, Object.keys(source.facts?.(own) ?? {}).length) });
    } catch (error) {
      // A secret that is not set matters only if no other source fits.
      errors.push(error);
    }
  }
  const [best] = found.toSorted((a, b) => a.unfitness - b.unfitness);
  if (errors.length > 0 && (!best || best.unfitness > PROVEN)) throw errors[0];
  return best?.explanation;
}

type Ranked = { readonly explanation: Found; readonly unfitness: number };

/** Without a pause. */
export function finish<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

const PROVEN = 1;

/** `known`: how many facts the source sees in the request. */
function unfitness({ reasons, isProven, account }: Found, known: number): number {
  if (reasons.length === 0) return 0;
  if (isProven) return PROVEN;
  const has = (code: string) => reasons.some((reason) => reason.code === code);
  if (has('header-missing')) return 5 - Math.min(known, 10) / 10;
  return account === undefined || has('unknown-account') ? 3 : 2;
}
