import type { CallbackRef } from '@ringback/history';
import type { Found } from '@ringback/operations';
import { table } from '../terminal/table.ts';

const HEADINGS = ['RECEIVED', 'TYPE', 'SOURCE', 'REQUEST ID', 'AGAIN', 'WHERE IT IS'];

export function foundTable(found: readonly Found[]): string[] {
  return found.length === 0 ? ['nothing fits'] : table(HEADINGS, found.map(rowOf));
}

function rowOf(found: Found): string[] {
  const { id, source, type = '-', receivedAt, repeats } = found;
  const again = repeats.duplicates + repeats.conflicts;
  return [iso(receivedAt), type, source, id, again === 0 ? '-' : String(again), standsIn(found)];
}

function standsIn({ deliveries, fate, kept }: Found): string {
  const states = deliveries.map(({ output, state, reason }) => {
    const why = reason === undefined || state === 'delivered' ? '' : ` (${reason})`;
    return `${output} ${state}${why}`;
  });
  if (states.length > 0) return states.join(', ');
  if (kept !== undefined) return `kept: ${kept.reason}`;
  if (fate?.dropped !== undefined) return `dropped: ${fate.dropped}`;
  if (fate?.businessDuplicate) return 'the same thing came under another requestID';
  return fate?.unrouted === undefined ? '-' : `unrouted: ${fate.unrouted.reason}`;
}

/** What `search --json` prints of a callback. Times as ISO 8601. */
export function foundJson(found: Found): object {
  const { id: requestID, key, source, account, type, receivedAt, body, subjects, fate, repeats, deliveries, kept } = found;
  const { progress: _progress, orderFinished: _finished, ...about } = subjects;
  return {
    requestID,
    webhookID: `msg_${key}`,
    key,
    type,
    source,
    account,
    receivedAt: iso(receivedAt),
    subjects: about,
    ...repeats,
    ...(fate?.dropped !== undefined && { dropped: fate.dropped }),
    ...(fate?.unrouted && { unrouted: fate.unrouted.reason }),
    ...(fate?.businessDuplicate && { businessDuplicate: true }),
    deliveries: deliveries.map(({ output, state, at, reason, nextAt }) => ({
      output,
      state,
      since: iso(at),
      reason,
      ...(nextAt !== undefined && { nextAt: iso(nextAt) }),
    })),
    ...(kept && { kept: { ...kept, since: iso(kept.since) } }),
    ...(body !== undefined && { body }),
    cursor: cursorOf(found),
  };
}

/** For `--after`. */
export const cursorOf = ({ receivedAt, key }: CallbackRef) => `${receivedAt}.${key}`;

const iso = (time: number) => new Date(time).toISOString();
