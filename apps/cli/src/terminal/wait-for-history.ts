import { RingbackError } from '@ringback/contracts';
import type { Terminal } from './terminal.ts';

/** Resolves to what it is asked, or to undefined while the history, or Redis, is away. */
export type Patiently = <T>(ask: () => Promise<T>) => Promise<T | undefined>;

const PLACES: Readonly<Record<string, string>> = { RB_HISTORY_UNAVAILABLE: 'the history', RB_REDIS_UNAVAILABLE: 'Redis' };

/** For what asks again until Ctrl-C. Says once that the history or Redis is away, and once that it is back. */
export function createPatience(terminal: Terminal): Patiently {
  let away: string | undefined;
  return async (ask) => {
    try {
      const answer = await ask();
      if (away !== undefined) terminal.err(`${away} answers again`);
      away = undefined;
      return answer;
    } catch (error) {
      const place = error instanceof RingbackError ? PLACES[error.code] : undefined;
      if (!(error instanceof RingbackError) || place === undefined) throw error;
      if (away !== place) terminal.err(`${error.code}: ${error.message}: it is asked again until it answers`);
      away = place;
      return undefined;
    }
  };
}
