import type { HistoryStore, Resting, RestKind } from '@ringback/history';
import { jsonOf } from '../json-of.ts';

/** Each payload may be some MiB. */
const ENTRIES_AT_ONCE = 50;

export const WHERE_RESTING: Readonly<Record<RestKind, string>> = {
  parked: 'history: parked',
  'dead-letter': 'history: dead letters',
  quarantine: 'history: quarantine',
  unrouted: 'history: unrouted',
};

/** What rests, in portions, the newest first. What comes to rest meanwhile may be missed. */
export async function* restingEntries({ rest }: Pick<HistoryStore, 'rest'>): AsyncGenerator<readonly Resting[]> {
  for (let after: Resting | undefined; ;) {
    const found = await rest.find({}, { limit: ENTRIES_AT_ONCE, after });
    if (found.length > 0) yield found;
    after = found.at(-1);
    if (found.length < ENTRIES_AT_ONCE) return;
  }
}

/** Undefined: no payload of ours. */
export const payloadOf = ({ payload }: Pick<Resting, 'payload'>): unknown => jsonOf(payload);
