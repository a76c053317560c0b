import type { Logger } from '@ringback/contracts';
import { isReply, NETWORK, type Trouble, troubleOf } from './trouble.ts';

export type ErrorReporter = (error: Error, fields: { readonly queue: string }) => void;

export type ErrorReporterOptions = {
  /** True if the connection was away at any time since then: it logs that itself. */
  readonly wasAway: (since: number) => boolean;
  readonly logger: Logger;
  /** ms. */
  readonly overAfter?: number;
  /** ms. */
  readonly lossToldAfter?: number;
};

type Spell = { readonly since: number; last: number; errors: number; readonly queues: Set<string> };

const OVER_AFTER_MS = 10_000;
const LOSS_TOLD_AFTER_MS = 1000;

/** One line when errors of a kind begin, and one when they stop: there may be thousands. */
export function createErrorReporter(options: ErrorReporterOptions): ErrorReporter {
  const { wasAway, logger, overAfter = OVER_AFTER_MS, lossToldAfter = LOSS_TOLD_AFTER_MS } = options;
  const spells = new Map<string, Spell>();

  function end(kind: string): void {
    const spell = spells.get(kind);
    if (spell === undefined) return;
    const quiet = performance.now() - spell.last;
    if (quiet < overAfter) {
      wait(kind, overAfter - quiet);
      return;
    }
    spells.delete(kind);
    if (spell.errors === 1) return;
    const seconds = Math.round(spell.last - spell.since) / 1000;
    logger.info({ kind, errors: spell.errors, seconds, queues: [...spell.queues] }, 'queue errors are over');
  }
  const wait = (kind: string, ms: number) => void setTimeout(() => end(kind), ms).unref();

  return (error, { queue }) => {
    const { kind, reason, isKnown } = describe(error);
    const now = performance.now();
    const isTold = () => wasAway(now - lossToldAfter);
    if (kind === NETWORK && isTold()) return;
    const spell = spells.get(kind);
    if (spell !== undefined) {
      spell.errors += 1;
      spell.last = now;
      spell.queues.add(queue);
      return;
    }
    spells.set(kind, { since: now, last: now, errors: 1, queues: new Set([queue]) });
    const tell = () => logger.warn({ queue, kind, reason, ...(!isKnown && { err: error }) }, 'queue error');
    // A queue may notice the loss first.
    if (kind === NETWORK) setTimeout(() => (isTold() ? spells.delete(kind) : tell()), lossToldAfter).unref();
    else tell();
    wait(kind, overAfter);
  };
}

/** With a known reason, the stack adds nothing. */
function describe(error: Error): Trouble & { readonly isKnown: boolean } {
  const trouble = troubleOf(error);
  return { ...trouble, isKnown: trouble.kind === NETWORK || isReply(error) };
}
