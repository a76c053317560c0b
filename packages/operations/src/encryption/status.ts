import { standingEvents } from '@ringback/history';
import { changeBodies, keyOfHead, sealedWith } from '@ringback/privacy';
import { standingBodies } from '@ringback/queue';
import { createMissing, type Places, shardName } from '../places.ts';
import { payloadOf, restingEntries, WHERE_RESTING } from './in-history.ts';
import { type BodiesAt, createTally, type Tally } from './tally.ts';

export type EncryptionOptions = {
  readonly places: Places;
  /** Ids of the keys of the settings, in their order. */
  readonly keys: readonly string[];
  /** What does not answer, in words. */
  readonly away: readonly string[];
  /** Calls `each` for every body in the spool of this machine. Resolves to what could not be reached, in words. */
  readonly spool: (each: (body: string) => void) => readonly string[];
};

type Counted = { readonly bodies: number; readonly at: readonly BodiesAt[] };

/** About: what moves meanwhile may count twice, or not at all. */
export type EncryptionStatus = {
  /** In the order of the settings. */
  readonly keys: readonly ({ readonly id: string } & Counted)[];
  /** Keys that bodies name, and the settings do not have: these bodies cannot be read. */
  readonly missing: readonly ({ readonly id: string } & Counted)[];
  readonly plain: Counted;
  /** Payloads that are damaged, or of a newer Ringback. */
  readonly unreadable: number;
  readonly notReached: readonly string[];
};

/** Which key encrypts how many bodies, and where. Reads by portions, and changes nothing. */
export async function encryptionStatus(options: EncryptionOptions): Promise<EncryptionStatus> {
  const { places, away, keys, spool } = options;
  const missing = createMissing(away);
  const counts = createCounts();
  for (const shard of places.shards) await missing.ask(shardName(places, shard.number), () => countIn(shard, counts));
  await missing.ask('history', () => countInHistory(places, counts));
  const notReached = spool((body) => counts.body(body, { where: 'spool', outputs: [] }));
  return { ...counts.result(keys), notReached: [...missing.all(), ...notReached] };
}

type Counts = ReturnType<typeof createCounts>;

async function countIn(shard: Places['shards'][number], counts: Counts): Promise<void> {
  for await (const portion of standingBodies(shard))
    for (const { place: where, outputs, payload } of portion) counts.payload(payload, { where, outputs });
  const place = { where: 'on the way to the history', outputs: [] };
  for await (const event of standingEvents(shard)) counts.payload(event, place);
}

async function countInHistory({ history }: Places, counts: Counts): Promise<void> {
  if (history === undefined) return;
  for await (const heads of history.bodies.heads())
    for (const { head, receivedAt } of heads) counts.of(keyOfHead(head)).note({ where: 'history', outputs: [] }, 1, receivedAt);
  for await (const entries of restingEntries(history))
    for (const entry of entries) {
      const { kind, output } = entry;
      counts.payload(payloadOf(entry), { where: WHERE_RESTING[kind], outputs: output === undefined ? [] : [output] });
    }
}

/** By key. Of one that is not encrypted: ''. */
function createCounts() {
  const tallies = new Map<string, Tally>();
  let unreadable = 0;
  const of = (key = ''): Tally => {
    const tally = tallies.get(key) ?? createTally();
    tallies.set(key, tally);
    return tally;
  };
  const countOf = (key = ''): Counted => ({ bodies: of(key).bodies(), at: of(key).places() });
  const body = (text: string, place: Parameters<Tally['note']>[0]) => of(sealedWith(text)).note(place);
  return {
    of,
    body,
    payload(payload: unknown, place: Parameters<Tally['note']>[0]) {
      if (payload === undefined) unreadable += 1;
      changeBodies(payload, (callback) => {
        body(callback.body, place);
        return callback;
      });
    },
    result(keys: readonly string[]): Omit<EncryptionStatus, 'notReached'> {
      const others = [...tallies.keys()].filter((key) => key !== '' && !keys.includes(key)).toSorted();
      const named = (id: string) => ({ id, ...countOf(id) });
      return { keys: keys.map(named), missing: others.map(named), plain: countOf(), unreadable };
    },
  };
}
