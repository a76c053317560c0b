import type { ActionRow } from '@ringback/history';
import { table } from '../terminal/table.ts';

export function actionLines(actions: readonly ActionRow[], json: boolean): string[] {
  if (json)
    return actions.map(({ at, callbacks, ...action }) => JSON.stringify({ ...action, at: iso(at), callbacks: callbacks.length }));
  if (actions.length === 0) return ['nobody has changed anything by command'];
  const rows = actions.map(({ at, by, command, facts }) => [
    iso(at),
    by,
    command,
    Object.entries(facts)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', '),
  ]);
  return table(['WHEN', 'WHO', 'WHAT', 'HOW'], rows);
}

const iso = (time: number) => new Date(time).toISOString();
