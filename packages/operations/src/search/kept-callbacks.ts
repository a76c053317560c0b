import { callbackKey } from '@ringback/contracts';
import type { CallbackRef, Resting, RestStore } from '@ringback/history';
import type { Kept, KeptStore } from '@ringback/queue';
import { matchesType } from '@ringback/routing';
import { type CallbackFilter, cleanId, fitsResting, restFilterOf } from '../filter.ts';
import { jsonOf } from '../json-of.ts';
import { type Found, newestFirst, refId } from './found.ts';

/** What is kept is in order of when it was kept: to be put in order of `receivedAt`, it is read as a whole. */
const MOST = 10_000;
/** An outage parks far more than what is kept as dead. */
const MOST_PARKED = 1_000_000;

/** With the bodies in it decrypted. @throws RingbackError RB_KEY_MISSING or RB_BODY_TAMPERED */
export type OpenPayload = (payload: unknown) => unknown;

/** Callbacks and deliveries that are kept and fit, the newest first. `all`: there was not more than can be looked at. */
export async function keptCallbacks(
  filter: CallbackFilter,
  store: Pick<KeptStore, 'find'>,
  openPayload: OpenPayload = asItIs,
): Promise<{ readonly found: Found[]; readonly all: boolean }> {
  const { output, source, reason, since } = filter;
  const found = new Map<string, Found>();
  let looked = 0;
  for await (const kept of store.find({ output, source, reason, since })) {
    looked += 1;
    if (looked > MOST) break;
    if (!isWanted(kept, filter) || !hasText(filter, () => openPayload(kept.payload))) continue;
    for (const one of foundIn(kept)) if (fits(one, kept, filter)) found.set(refId(one), merged(found.get(refId(one)), one));
  }
  return { found: [...found.values()].toSorted(newestFirst), all: looked <= MOST };
}

const PAGE = 1000;

/** Deliveries that are parked and fit, by callback, the newest first. */
export async function parkedCallbacks(
  filter: CallbackFilter,
  rest: Pick<RestStore, 'find'>,
  openPayload: OpenPayload = asItIs,
): ReturnType<typeof keptCallbacks> {
  const asked = restFilterOf(filter);
  // Which task it is about only the history knows.
  if (asked === undefined || filter.task !== undefined) return { found: [], all: true };
  const found = new Map<string, Found>();
  let [looked, page]: [number, Resting[]] = [0, []];
  do {
    page = await rest.find(asked, { limit: PAGE, after: page.at(-1) });
    looked += page.length;
    for (const entry of page.filter((one) => fitsResting(filter, filter.text === undefined ? one : opened(one, openPayload)))) {
      const one = parkedIn(entry);
      found.set(refId(one), merged(found.get(refId(one)), one));
    }
  } while (page.length === PAGE && looked < MOST_PARKED);
  return { found: [...found.values()].toSorted(newestFirst), all: page.length < PAGE };
}

function opened(entry: Resting, openPayload: OpenPayload): Resting {
  const payload = jsonOf(entry.payload);
  return payload === undefined ? entry : { ...entry, payload: JSON.stringify(openPayload(payload)) };
}

function parkedIn({ id, key, requestID, source, account, type, receivedAt, output = '', at, reason = 'parked' }: Resting): Found {
  const known = { id: requestID, source, account, type, subjects: {}, repeats: { duplicates: 0, conflicts: 0 } };
  const deliveries = [{ output, state: 'parked' as const, at, reason }];
  return { key, receivedAt, ...known, deliveries, kept: { id, since: at, reason } };
}

const UNROUTED_CODES = new Set(['RB_UNROUTED', 'RB_CONDITION_OVERRUN']);

function isWanted({ queue, rests, code = '' }: Kept, { state }: CallbackFilter): boolean {
  const isUnrouted = rests ? UNROUTED_CODES.has(code) : queue === 'unrouted';
  return state === 'dead' || (state === 'unrouted') === isUnrouted;
}

function foundIn(kept: Kept): Found[] {
  const { id, code, reason, time, output, callbacks } = kept;
  const deliveries = output === undefined ? [] : [{ output, state: 'dead' as const, at: time, reason }];
  return callbacks.map((callback) => {
    const { id: requestID, source, account, type, receivedAt = time } = callback;
    const ref: CallbackRef = { key: callbackKey(callback), receivedAt };
    const known = { id: requestID, source, account, type, subjects: {}, repeats: { duplicates: 0, conflicts: 0 } };
    return { ...ref, ...known, deliveries, kept: { id, since: time, reason, code } };
  });
}

/** Dead at several outputs. */
function merged(other: Found | undefined, one: Found): Found {
  return other === undefined ? one : { ...other, deliveries: [...other.deliveries, ...one.deliveries] };
}

function fits(found: Found, kept: Kept, filter: CallbackFilter): boolean {
  const { account, type, since, until, task } = filter;
  const id = filter.id === undefined ? undefined : cleanId(filter.id);
  return (
    // Which task it is about only the history knows.
    task === undefined &&
    (account === undefined || found.account === account) &&
    (type === undefined || (found.type !== undefined && matchesType(type, found.type))) &&
    (since === undefined || found.receivedAt >= since) &&
    (until === undefined || found.receivedAt < until) &&
    (id === undefined || [found.id, found.key, `msg_${found.key}`, kept.id].includes(id))
  );
}

const asItIs: OpenPayload = (payload) => payload;

/** Escaped as in the JSON of the payload. */
function hasText({ text }: CallbackFilter, payload: () => unknown): boolean {
  return text === undefined || JSON.stringify(payload()).includes(JSON.stringify(text).slice(1, -1));
}
