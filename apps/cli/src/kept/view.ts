import type { Kept } from '@ringback/queue';
import { table } from '../terminal/table.ts';

const SHOWN_CALLBACKS = 3;

const HEADINGS = ['SINCE', 'WHERE', 'WHAT', 'FAULT', 'ATTEMPTS', 'REQUEST ID', 'TYPE', 'REASON', 'ID'];

export function tableOf(entries: readonly Kept[]): string[] {
  return table(HEADINGS, entries.map(rowOf));
}

function rowOf(kept: Kept): string[] {
  const { callbacks, kind, reason, fault, attempts, id } = kept;
  const requestIDs = several(callbacks.map((callback) => callback.id));
  const types = several(callbacks.map(({ type }) => type));
  return [since(kept), whereOf(kept), kind, fault, String(attempts), requestIDs, types, reason, id];
}

function several(values: readonly (string | undefined)[]): string {
  const distinct = [...new Set(values.filter((value) => value !== undefined))];
  const more = distinct.length - SHOWN_CALLBACKS;
  return distinct.slice(0, SHOWN_CALLBACKS).join(',') + (more > 0 ? `,+${more}` : '');
}

export function factsOf({ payload: _personal, callbacks, ...kept }: Kept): object {
  const identities = callbacks.map(({ id, source, account, type }) => ({ requestID: id, source, account, type }));
  return { ...kept, since: since(kept), callbacks: identities };
}

const since = ({ time }: Pick<Kept, 'time'>) => new Date(time).toISOString();

/** The output of a delivery, the source of a callback, the queue of a batch. */
function whereOf({ output, kind, callbacks, queue }: Kept): string {
  return output ?? (kind === 'callback' ? (callbacks[0]?.source ?? queue) : queue);
}
