import { RingbackError } from '@ringback/contracts';
import { explainRouting, keptCallback } from '@ringback/operations';
import { SENDER_KINDS } from '@ringback/sources';
import type { Env } from '../reach/load-settings.ts';
import { tellRouting } from './text.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { withHistory } from '../reach/with-history.ts';

type Options = {
  /** Any id of a callback of the history. */
  readonly id: string;
  readonly config: string | undefined;
  readonly json: boolean;
  readonly env: Env;
  readonly terminal: Terminal;
};

/** Through today's routes. True if one matches. @throws RingbackError as `withHistory` */
export function routeKept({ id, config, env, json, terminal }: Options): Promise<boolean> {
  return withHistory({ env, config, tellNone: terminal.err }, async ({ settings, history }) => {
    const kept = await keptCallback(history, id);
    if (kept.found === 'none') {
      terminal.err(
        `the history has no callback with the id ${id}. It is no file either, and no kind of a sample (${SENDER_KINDS.join(', ')})`,
      );
      return false;
    }
    if (kept.found === 'several') terminal.err('several callbacks have this id: this is the newest. A requestID names one');
    if (kept.callback === undefined) {
      terminal.err(`the body of ${kept.row.id} is no longer kept (history.keepBodies), so its route cannot be told`);
      return false;
    }
    return tellRouting(explainRouting(settings.routes, kept.callback), { parts: true, json, terminal });
  }).catch((error: unknown) => {
    if (!(error instanceof RingbackError) || error.code !== 'RB_HISTORY_OFF') throw error;
    throw new RingbackError(
      error.code,
      `${error.message}. ${id} is no file, and no kind of a sample (${SENDER_KINDS.join(', ')})`,
    );
  });
}
