import type { Logger } from '@ringback/contracts';
import { sweepBodies } from '@ringback/queue';

const EVERY_MS = 3_600_000;

type SweepOptions = Parameters<typeof sweepBodies>[0] & { readonly logger: Logger };

/** Removes bodies left by a crash: now, and once an hour. */
export function keepSwept(options: SweepOptions): void {
  async function sweep(): Promise<void> {
    try {
      const shares = await sweepBodies(options);
      if (shares > 0) options.logger.info({ shares }, 'unused bodies removed');
    } catch (err) {
      options.logger.warn({ err }, 'cannot look for unused bodies');
    }
  }
  const timer = setInterval(() => void sweep(), EVERY_MS).unref();
  options.stop.addEventListener('abort', () => clearInterval(timer));
  void sweep();
}
