import type { Logger } from '@ringback/contracts';
import { within } from '@ringback/pacing';
import { type Generation, type GenerationOptions, openGeneration, type Prepared, retire } from './generation.ts';
import type { Work } from './run-until-stopped.ts';

/** ms. An attempt has its own timeout, but what it came to may have to wait for Redis. */
const ENDS_WITHIN_MS = 600_000;

export type Generations = {
  readonly current: () => Generation;
  /** New work goes by these settings from now on. */
  replace(next: Prepared): void;
  /** Of the current one, and of earlier ones while they end. */
  readonly work: () => readonly Work[];
};

/** Takes settings into use, one generation after the other. */
export function createGenerations(first: Prepared, options: GenerationOptions, logger: Logger): Generations {
  let current = openGeneration(first, options);
  const ending = new Set<Promise<boolean>>();

  async function end(before: Generation, next: Generation): Promise<boolean> {
    const finished = await retire(before, next, ENDS_WITHIN_MS);
    logger.info({ finished }, 'work under the earlier settings has ended');
    return finished;
  }

  return {
    current: () => current,
    replace(prepared) {
      const before = current;
      current = openGeneration(prepared, options, before);
      const ended = end(before, current).catch((err: unknown) => {
        logger.error({ code: 'RB_INTERNAL', err }, 'an earlier generation did not end');
        return false;
      });
      ending.add(ended);
      void ended.then(() => ending.delete(ended));
    },
    work: () => [...current.lanes.all(), ...current.callbacks, ...[...ending].map(asWork)],
  };
}

function asWork(ended: Promise<boolean>): Work {
  // What still runs when the process ends is taken over by others, as after any stop.
  return { close: async (grace) => (await within(grace, ended)) ?? false };
}
