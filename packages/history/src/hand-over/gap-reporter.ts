import type { Logger } from '@ringback/contracts';
import type { Weight } from './weight-of.ts';

/** Looks without a drop until it is over. */
const QUIET_LOOKS = 5;

/** One log line when dropping begins, one when it is over. */
export function createGapReporter(logger: Logger) {
  let sum: { callbacks: number; attempts: number } | undefined;
  let quiet = 0;
  return {
    dropped: ({ callbacks, attempts }: Weight): void => {
      if (callbacks + attempts === 0) return;
      quiet = 0;
      if (sum === undefined) {
        const message = 'the buffer of the history is full, or Redis is short of memory: the history gets a gap';
        logger.warn({ code: 'RB_HISTORY_GAP' }, message);
      }
      sum = { callbacks: (sum?.callbacks ?? 0) + callbacks, attempts: (sum?.attempts ?? 0) + attempts };
    },
    look(): void {
      if (sum === undefined || (quiet += 1) <= QUIET_LOOKS) return;
      logger.info({ code: 'RB_HISTORY_GAP', ...sum }, 'the gap of the history is over');
      sum = undefined;
    },
  };
}
