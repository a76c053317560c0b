import { DELIVERY_STATES, type HistoryFilter, type RestEntry, type RestFilter, type RestKind } from '@ringback/history';
import { matchesType } from '@ringback/routing';

/** Of a delivery, or of a callback as a whole: no route matches it, or it is kept in quarantine. */
export const FILTER_STATES = [...DELIVERY_STATES, 'unrouted', 'quarantined'] as const;

/** What a person looks for: all must fit. Times in ms since the epoch by `receivedAt`, `until` exclusive. */
export type CallbackFilter = Omit<HistoryFilter, 'state'> & { readonly state?: (typeof FILTER_STATES)[number] | undefined };

const AROUND_AN_ID = /^[\s"'`,;]+|(?<![\s"'`,;])[\s"'`,;]+$/gu;

/** An id as it comes from a clipboard or a log: without white space, quotes and commas around it. */
export function cleanId(text: string): string {
  return text.replaceAll(AROUND_AN_ID, '');
}

/** For the history's callbacks. Undefined: what is quarantined is not among them. */
export function historyFilterOf({ state, id, task, ...filter }: CallbackFilter): HistoryFilter | undefined {
  if (state === 'quarantined') return undefined;
  return { ...filter, state, ...(id !== undefined && { id: cleanId(id) }), ...(task !== undefined && { task: cleanId(task) }) };
}

const REST_KINDS_OF: Readonly<Partial<Record<(typeof FILTER_STATES)[number], RestKind>>> = {
  dead: 'dead-letter',
  parked: 'parked',
  unrouted: 'unrouted',
  quarantined: 'quarantine',
};

/** For what rests. It may find more than fits: see `fitsResting`. Undefined: nothing in this state rests. */
export function restFilterOf({ state, output, source, reason, since }: CallbackFilter): RestFilter | undefined {
  const kind = state && REST_KINDS_OF[state];
  if (state !== undefined && kind === undefined) return undefined;
  // `since` is by the time when it began to rest, which is later than `receivedAt`.
  return { kinds: kind && [kind], output, source, reason, since };
}

/** Whether one that `restFilterOf` found fits all the rest. `task` is not in it: the caller MUST know its callbacks. */
export function fitsResting(filter: CallbackFilter, entry: RestEntry): boolean {
  const { account, type, since, until, text } = filter;
  const id = filter.id === undefined ? undefined : cleanId(filter.id);
  return (
    (account === undefined || entry.account === account) &&
    (type === undefined || (entry.type !== undefined && matchesType(type, entry.type))) &&
    (since === undefined || entry.receivedAt >= since) &&
    (until === undefined || entry.receivedAt < until) &&
    (id === undefined || [entry.id, entry.requestID, entry.key, `msg_${entry.key}`].includes(id)) &&
    (text === undefined || entry.payload.includes(JSON.stringify(text).slice(1, -1)))
  );
}
