import type { Logger, RingbackError } from '@ringback/contracts';
import { createProgressWatch, type Watched, whenStuck } from './output/progress-watch.ts';

const LOOKS_UNTIL_STUCK = 5;

/** What stops with the process, and how its progress is seen. */
export type Work = {
  /** False: another worker takes some of it over. */
  close(grace: number): Promise<boolean>;
  readonly watched?: Watched | undefined;
};

export type Running = {
  /** Current value; settings may reload. */
  readonly work: () => readonly Work[];
  readonly stopped: Promise<NodeJS.Signals>;
  /** Resolves if the worker may no longer run. */
  readonly ended: Promise<RingbackError>;
  readonly stopping: AbortController;
  /** `stuckAfter`: ms without progress while work waits. `shutdownGrace`: ms for work under way. */
  readonly bounds: () => { readonly stuckAfter: number; readonly shutdownGrace: number };
  /** No settings are taken any more. */
  readonly settled: () => Promise<void>;
  readonly logger: Logger;
};

/**
 * Until a signal, or until the worker is stuck. Finishes or hands back its work. Resolves to the exit code.
 * The process MUST end then: interrupted work holds sockets.
 */
export async function runUntilStopped(running: Running): Promise<0 | 1> {
  const { work, stopped, ended, stopping, bounds, settled, logger } = running;
  const stuckAfter = () => bounds().stuckAfter;
  const every = () => stuckAfter() / LOOKS_UNTIL_STUCK;
  const watched = () => work().flatMap((one) => one.watched ?? []);
  const look = createProgressWatch({ watched, stuckAfter, every, now: () => performance.now() });
  const stuck = whenStuck({ look, every, stop: stopping.signal });
  const end = await Promise.race([
    stopped.then((signal) => ({ signal })),
    ended.then(({ code, message }) => ({ code, reason: message })),
    stuck.then((consumer) => ({ consumer })),
  ]);
  if ('signal' in end) logger.info(end, 'worker is stopping');
  else if ('code' in end) logger.error(end, 'worker may not go on and stops');
  else logger.error({ code: 'RB_WORKER_STUCK', ...end }, 'worker makes no progress and stops');
  stopping.abort();
  await settled();
  const closed = await Promise.all(work().map((one) => one.close(bounds().shutdownGrace)));
  logger.info({ finished: closed.every(Boolean) }, 'worker has stopped');
  return 'signal' in end ? 0 : 1;
}
