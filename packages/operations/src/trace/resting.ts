import type { HistoryStore, Resting } from '@ringback/history';
import type { Kept, KeptStore } from '@ringback/queue';
import { callbackKey } from '@ringback/contracts';
import type { Missing } from '../places.ts';
import type { RestingCallback } from './traced.ts';

type Identity = { readonly id: string; readonly source: string; readonly account: string; readonly type?: string | undefined };

/** A callback that rests, and who it is. */
export type FoundResting = { readonly key: string; readonly identity: Identity; readonly resting: RestingCallback };

type Options = {
  readonly history: HistoryStore | undefined;
  /** What is kept in Redis, and by whom. */
  readonly quarantine: Pick<KeptStore, 'find'> | undefined;
  readonly missing: Missing;
};

const MOST = 50;

/** What rests in the history under these ids: each a requestID, a key, or the id of an entry. */
export async function restingInHistory(ids: readonly string[], { history, missing }: Options): Promise<Resting[]> {
  if (history === undefined) return [];
  const found = await missing.ask('history', () => Promise.all(ids.map((id) => history.rest.find({ id }, { limit: MOST }))));
  const entries = new Map((found ?? []).flat().map((entry) => [`${entry.kind} ${entry.id}`, entry]));
  return [...entries.values()];
}

/** Quarantined and unrouted callbacks in Redis, by requestID or by the id of an entry. */
export async function restingInRedis(ids: readonly string[], { quarantine, missing }: Options): Promise<FoundResting[]> {
  if (quarantine === undefined) return [];
  const found: FoundResting[] = [];
  for (const id of ids) {
    await missing.ask('quarantine', async () => {
      for await (const kept of quarantine.find({ id })) {
        found.push(...asResting(kept));
        if (found.length >= MOST) return;
      }
    });
  }
  return found;
}

function asResting(kept: Kept): FoundResting[] {
  const { id, code, reason, time: since, queue, callbacks } = kept;
  const as = queue === 'unrouted' ? 'unrouted' : 'quarantined';
  return callbacks.map((identity) => ({
    key: callbackKey(identity),
    identity,
    resting: { as, in: 'Redis', id, since, code, reason },
  }));
}

/** Undefined: a delivery. */
export function callbackAtRest(entry: Resting): FoundResting | undefined {
  const { kind, id, key, requestID, source, account, type, receivedAt, at: since, code, reason = '' } = entry;
  if (kind !== 'quarantine' && kind !== 'unrouted') return undefined;
  const as = kind === 'unrouted' ? 'unrouted' : 'quarantined';
  const identity = { id: requestID, source, account, type };
  return { key, identity, resting: { as, in: 'history', id, since, receivedAt, code, reason } };
}
