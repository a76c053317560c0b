import type { ActionRow, AttemptRow } from '@ringback/history';
import type { TracedAttempt } from './traced.ts';

const AGAIN = new Set(['replay', 'dead-letters replay']);

/** Says of each attempt which replay made it: one of the history's callbacks begins to count anew. */
export function markReplays(output: string, attempts: readonly AttemptRow[], actions: readonly ActionRow[]): TracedAttempt[] {
  const again = actions.filter((action) => AGAIN.has(action.command) && reaches(action, output)).toSorted((a, b) => a.at - b.at);
  let replay: string | undefined;
  return attempts.map((attempt) => {
    if (attempt.number === 1) replay = replayOf(again.findLast(({ at }) => at <= attempt.at));
    return replay === undefined ? attempt : { ...attempt, replay };
  });
}

function reaches({ command, facts: { to } }: ActionRow, output: string): boolean {
  return command !== 'replay' || to === 'routes' || String(to).split(',').includes(output);
}

function replayOf(action: ActionRow | undefined): string | undefined {
  return action?.command === 'replay' ? String(action.facts['replay']) : undefined;
}
