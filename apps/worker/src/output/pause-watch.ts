import type { Logger } from '@ringback/contracts';
import type { QueueState } from '@ringback/queue';
import { repeatLook } from '../repeated-look.ts';

const LOOK_EVERY_MS = 5000;
const SAY_AGAIN_AFTER_MS = 600_000;

export type PauseWatch = {
  /** A pause is intended: the worker stays ready. */
  readonly facts: () => Readonly<Record<string, string>>;
  close(): void;
};

export type PauseWatchOptions = {
  readonly queue: Pick<QueueState, 'isPaused' | 'depths'>;
  /** ms. Default: 5 s. */
  readonly lookEvery?: number;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly logger: Logger;
};

type Paused = { readonly since: number; toldAt: number };

/** Logs at the start of a pause, every 10 minutes, and at its end. */
export function watchPause({ queue, lookEvery = LOOK_EVERY_MS, now, logger }: PauseWatchOptions): PauseWatch {
  let paused: Paused | undefined;
  const secondsSince = (since: number) => Math.round((now() - since) / 1000);

  async function look(): Promise<void> {
    if (!(await queue.isPaused())) {
      if (paused) logger.info({ seconds: secondsSince(paused.since) }, 'dispatching resumed');
      paused = undefined;
      return;
    }
    if (paused && now() - paused.toldAt < SAY_AGAIN_AFTER_MS) return;
    const { waiting } = await queue.depths();
    paused ??= { since: now(), toldAt: 0 };
    paused.toldAt = now();
    const line = { code: 'RB_DISPATCH_PAUSED', seconds: secondsSince(paused.since), waiting };
    logger.warn(line, 'dispatching is paused; resume with: ringback dispatch resume');
  }

  const looks = repeatLook({
    async look() {
      // If Redis does not answer, the connection logs it.
      await look().catch(() => {});
      return lookEvery;
    },
  });
  return { facts: () => (paused ? { dispatch: 'paused' } : {}), close: () => looks.close() };
}
