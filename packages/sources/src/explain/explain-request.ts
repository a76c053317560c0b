import { type Explaining, type Explanation, RingbackError, type RequestHead, type Source } from '@ringback/contracts';
import { reasonOf } from './reasons.ts';

/** Why this source refuses the head or the signature. No reasons: it takes them. */
export function* explainBy(source: Source, head: RequestHead, body: Buffer | undefined): Explaining {
  let refused: unknown;
  try {
    const verify = source.precheck(head);
    if (body) return { account: verify(body).account, reasons: [], isProven: true };
  } catch (error) {
    if (!(error instanceof RingbackError)) throw error;
    refused = error;
  }
  const found: Explanation | undefined = source.explain && (yield* source.explain(head, body));
  if (found && (found.reasons.length > 0 || refused === undefined)) return found;
  return { ...found, reasons: refused === undefined ? [] : [reasonOf(refused)], isProven: false };
}

export type Found = Explanation & { readonly source: string };

type Request = { readonly sources: readonly Source[]; readonly head: RequestHead; readonly body: Buffer | undefined };

/** @throws RingbackError RB_CONFIG_INVALID: a secret that is needed is not set. By the source that the request fits best. `head.path` may be empty: each source gets its own first path. */
export function explainRequest({ sources, head, body }: Request): Found | undefined {
  const errors: unknown[] = [];
  const found = sources.flatMap((source): Ranked[] => {
    const own = { ...head, path: head.path === '' ? (source.paths[0] ?? '') : head.path };
    try {
      const explanation = { ...finish(explainBy(source, own, body)), source: source.name };
      return [{ explanation, unfitness: unfitness(explanation, Object.keys(source.facts?.(own) ?? {}).length) }];
    } catch (error) {
      // A secret that is not set matters only if no other source fits.
      errors.push(error);
      return [];
    }
  });
  const [best] = found.toSorted((a, b) => a.unfitness - b.unfitness);
  if (errors.length > 0 && (!best || best.unfitness > PROVEN)) throw errors[0];
  return best?.explanation;
}

type Ranked = { readonly explanation: Found; readonly unfitness: number };

function finish(explaining: Explaining): Explanation {
  for (;;) {
    const step = explaining.next();
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
