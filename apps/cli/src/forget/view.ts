import type { Forgot } from '@ringback/operations';
import { table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

type Told = {
  readonly forgot: Forgot;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly terminal: Terminal;
  /** Redis servers that rewrite their files. Undefined: that was not asked for. */
  readonly rewriting: number | undefined;
};

export function tellForgot({ forgot, dryRun, json, terminal, rewriting }: Told): void {
  const { removed, notReached, history } = forgot;
  const notes = notesOn({ forgot, dryRun, rewriting });
  if (json) {
    terminal.out(JSON.stringify({ dryRun, removed, notReached, ...history, notes }));
    return;
  }
  if (removed.length === 0) terminal.out('nothing was found');
  else {
    const rows = removed.map(({ place, output = '-', count }) => [place, output, String(count)]);
    for (const line of table(['WHERE', 'OUTPUT', dryRun ? 'WOULD BE REMOVED' : 'REMOVED'], rows)) terminal.out(line);
  }
  for (const why of notReached) terminal.err(`not reached: ${why}`);
  for (const line of notes) terminal.out(`note: ${line}`);
}

function notesOn({ forgot: { removed, history }, dryRun, rewriting }: Pick<Told, 'forgot' | 'dryRun' | 'rewriting'>): string[] {
  if (dryRun || removed.length === 0) return [];
  const erased =
    history?.erased === false
      ? `the history still has it in the place of removed rows: ${history.how ?? 'a reader had the file open. Run it again'}`
      : undefined;
  const file =
    rewriting === undefined
      ? "Redis's append-only file and its backups keep it until Redis rewrites the file: --rewrite-aof asks for that"
      : `${rewriting} Redis server${rewriting === 1 ? ' rewrites its' : 's rewrite their'} append-only file now`;
  return [...(erased === undefined ? [] : [erased]), file];
}
