import { type Logger, RingbackError } from '@ringback/contracts';

/** One log line when the history cannot be written, one when it can again. */
export function createOutageReporter(logger: Logger) {
  let since: number | undefined;
  return {
    began(error: unknown): void {
      if (since !== undefined) return;
      since = performance.now();
      const code = error instanceof RingbackError ? error.code : 'RB_HISTORY_UNAVAILABLE';
      const reason = error instanceof Error ? error.message : 'unknown';
      logger.error({ code, reason }, 'the history cannot be written: events wait in Redis');
    },
    over(): void {
      if (since === undefined) return;
      logger.info({ seconds: Math.round((performance.now() - since) / 1000) }, 'the history is written again');
      since = undefined;
    },
  };
}
