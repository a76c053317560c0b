import { RingbackError } from '@ringback/contracts';
import type { Terminal } from './terminal.ts';

/** Resolves to what it is asked, or to undefined while the history is away. */
export type Patiently = <T>(ask: () => Promise<T>) => Promise<T | undefined>;

/** For what goes on until Ctrl-C and asks again. Says once that the history is away, and once that it is back. */
export function createPatience(terminal: Terminal): Patiently {
  let away = false;
  return async (ask) => {
    try {
      const answer = await ask();
      if (away) terminal.err('the history answers again');
      away = false;
      return answer;
    } catch (error) {
      if (!(error instanceof RingbackError) || error.code !== 'RB_HISTORY_UNAVAILABLE') throw error;
      if (!away) terminal.err(`${error.code}: ${error.message}: it is asked again until it answers`);
      away = true;
      return undefined;
    }
  };
}
