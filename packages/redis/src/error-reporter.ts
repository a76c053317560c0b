import type { Logger } from '@ringback/contracts';
import { isReply, NETWORK, type Trouble, troubleOf } from './trouble.ts';

/** Called with every error of the queues' loops. */
export type ErrorReporter = (error: Error, fields: { readonly queue: string }) => void;

export type ErrorReporterOptions = {
  /** True if the connection was away at any time since (`performance.now()`). It logs that itself. */
  readonly wasAway: (since: number) => boolean;
  readonly logger: Logger;
  /** ms without an error of a kind until that kind is over. */
  readonly overAfter?: number;
  /** ms until the connection has logged its loss, if an error of the network is about that. */
  readonly lossToldAfter?: number;
};

type Spell = { readonly since: number; last: number; errors: number; readonly queues: Set<string> };

const OVER_AFTER_MS = 10_000;
const LOSS_TOLD_AFTER_MS = 1000;

/**
 * Logs a line when errors of a kind begin, and one with their number when they stop.
 * A Redis that refuses everything makes thousands.
 */
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
    // A single error was told by the first line.
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
    // A queue may notice the loss before the connection does.
    if (kind === NETWORK) setTimeout(() => (isTold() ? spells.delete(kind) : tell()), lossToldAfter).unref();
    else tell();
    wait(kind, overAfter);
  };
}

/** If Redis or the network says what is wrong, the stack adds only BullMQ's insides. */
function describe(error: Error): Trouble & { readonly isKnown: boolean } {
  const trouble = troubleOf(error);
  return { ...trouble, isKnown: trouble.kind === NETWORK || isReply(error) };
}
