import type { Logger } from '@ringback/contracts';
import { problemOf } from '../problem-of.ts';

/** One log line when the history cannot be written, one when it can again; one more if only a person can mend it now. */
export function createOutageReporter(logger: Logger) {
  let since: number | undefined;
  let said: string | undefined;
  return {
    began(error: unknown): void {
      const problem = problemOf(error);
      if (since !== undefined && (problem.code !== 'RB_HISTORY_UNUSABLE' || said === problem.code)) return;
      since ??= performance.now();
      said = problem.code;
      logger.error(problem, 'the history cannot be written: events wait in Redis');
    },
    over(): void {
      if (since === undefined) return;
      logger.info({ seconds: Math.round((performance.now() - since) / 1000) }, 'the history is written again');
      since = undefined;
    },
  };
}
