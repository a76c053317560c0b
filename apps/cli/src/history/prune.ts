import { randomUUID } from 'node:crypto';
import { NO_ROWS } from '@ringback/history';
import { person } from '../reach/tell-history.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { historyOff, type OpenedHistory } from '../reach/with-history.ts';

type Prune = {
  readonly keep?: number | undefined;
  readonly keepBodies?: number | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly terminal: Terminal;
};

export async function pruneHistory({ settings, history }: OpenedHistory, options: Prune): Promise<void> {
  const { dryRun, json, terminal } = options;
  if (settings.history === undefined) throw historyOff();
  const now = Date.now();
  const before = now - (options.keep ?? settings.history.keep);
  const bodiesBefore = now - (options.keepBodies ?? settings.history.keepBodies);
  if (dryRun) {
    const callbacks = await history.count({ until: before });
    // Those without a body are among them.
    const bodies = bodiesBefore > before ? await history.count({ since: before, until: bodiesBefore }) : 0;
    const words = `would remove ${callbacks} callbacks, and the bodies of up to ${bodies} more`;
    terminal.out(json ? JSON.stringify({ callbacks, bodies, dryRun: true }) : words);
    return;
  }
  const { callbacks, bodies } = await history.prune({ before, bodiesBefore });
  const facts = { before: new Date(before).toISOString(), bodiesBefore: new Date(bodiesBefore).toISOString(), callbacks, bodies };
  const action = { id: randomUUID(), at: now, by: person(), command: 'history prune', facts, callbacks: [] };
  await history.write({ ...NO_ROWS, actions: [action] });
  terminal.out(json ? JSON.stringify({ callbacks, bodies }) : `removed ${callbacks} callbacks, and the bodies of ${bodies} more`);
}
