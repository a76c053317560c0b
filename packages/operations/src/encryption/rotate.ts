import { setTimeout as delay } from 'node:timers/promises';
import { RingbackError } from '@ringback/contracts';
import type { CallbackRef, HistoryStore, Resting } from '@ringback/history';
import { type BodyCodec, changeBodies, keyOfHead } from '@ringback/privacy';
import { type StandingBodies, standingBodies } from '@ringback/queue';
import { createMissing, type Places, shardName } from '../places.ts';
import { payloadOf, restingEntries, WHERE_RESTING } from './in-history.ts';
import { type BodiesAt, createTally, type Tally } from './tally.ts';

/** What changes while it is encrypted anew is read again. */
const MOST_ROUNDS = 3;
/** In one transaction. Each body may be 1 MiB. */
const BODIES_AT_ONCE = 50;

export type RotateOptions = {
  readonly places: Places;
  readonly codec: Pick<BodyCodec, 'reseal' | 'resealBody'>;
  /** Id of the first key: what it encrypts stays as it is. */
  readonly key: string;
  /** Only counts. */
  readonly dryRun: boolean;
  /** What does not answer, in words. */
  readonly away: readonly string[];
  /** Bodies until now. */
  readonly onProgress: (done: { readonly where: string; readonly bodies: number }) => void;
};

export type Rotated = {
  /** With `dryRun`: what would be encrypted anew. */
  readonly rotated: readonly BodiesAt[];
  /** Encrypted with a key that is missing, or changed by somebody: they stay. */
  readonly unreadable: readonly BodiesAt[];
  /** A worker had them when they were to be changed: it may write them anywhere, as they were. */
  readonly underWay: readonly BodiesAt[];
  readonly notReached: readonly string[];
};

type Place = Pick<BodiesAt, 'where' | 'outputs'>;
type Rotating = RotateOptions & { readonly rotated: Tally; readonly unreadable: Tally; readonly underWay: Tally };

/**
 * Encrypts with the first key what an older one encrypts, and what is plain, in Redis and in the history. Each is
 * replaced only if it still is as it was read, so it may be killed and run again, beside processes that work.
 */
export async function rotate(options: RotateOptions): Promise<Rotated> {
  const { places, away, dryRun } = options;
  const missing = createMissing(away);
  const rotated = createTally();
  for (let round = 1; ; round += 1) {
    const rotating = { ...options, rotated, unreadable: createTally(), underWay: createTally() };
    let changed = 0;
    for (const shard of places.shards)
      changed += (await missing.ask(shardName(places, shard.number), () => rotateInShard(rotating, shard))) ?? 0;
    changed += (await missing.ask('history', () => rotateInHistory(rotating))) ?? 0;
    if (dryRun || (changed === 0 && rotating.underWay.bodies() === 0) || round === MOST_ROUNDS)
      return resultOf(rotating, missing.all());
  }
}

function resultOf({ rotated, unreadable, underWay }: Rotating, notReached: readonly string[]): Rotated {
  return { rotated: rotated.places(), unreadable: unreadable.places(), underWay: underWay.places(), notReached };
}

/** Resolves to how many changed meanwhile, as the next ones. */
async function rotateInShard(rotating: Rotating, shard: Places['shards'][number]): Promise<number> {
  let changed = 0;
  for await (const portion of standingBodies(shard)) {
    const done = await Promise.all(portion.map((one) => rotateStanding(rotating, one)));
    changed += done.filter((answer) => answer === 'changed').length;
  }
  return changed;
}

async function rotateStanding(rotating: Rotating, { place: where, outputs, payload, replace }: StandingBodies) {
  const anew = resealed(rotating, payload, { where, outputs });
  if (anew.bodies === 0) return undefined;
  const done = rotating.dryRun ? 'rewritten' : await replace(anew.payload);
  if (done === 'under way') rotating.underWay.note({ where, outputs }, anew.bodies);
  if (done === 'rewritten') noteRotated(rotating, { where, outputs }, anew.bodies);
  return done;
}

async function rotateInHistory(rotating: Rotating): Promise<number> {
  const { history } = rotating.places;
  if (history === undefined) return 0;
  let changed = 0;
  for await (const heads of history.bodies.heads()) {
    const older = heads.filter(({ head }) => keyOfHead(head) !== rotating.key);
    for (let from = 0; from < older.length; from += BODIES_AT_ONCE)
      changed += await rotateBodies(rotating, history, older.slice(from, from + BODIES_AT_ONCE));
  }
  for await (const entries of restingEntries(history)) changed += await rotateResting(rotating, history, entries);
  return changed;
}

const IN_HISTORY = { where: 'history', outputs: [] };

async function rotateBodies(rotating: Rotating, { bodies }: HistoryStore, refs: readonly CallbackRef[]): Promise<number> {
  const changes = (await bodies.read(refs)).flatMap(({ body: was, ...ref }) => {
    const body = unlessUnreadable(rotating, IN_HISTORY, () => rotating.codec.resealBody(was, ref.key));
    return body === undefined || body === was ? [] : [{ ...ref, was, body }];
  });
  return write(rotating, { place: IN_HISTORY, changes, replace: (all) => bodies.replace(all) });
}

async function rotateResting(rotating: Rotating, { rest }: HistoryStore, entries: readonly Resting[]): Promise<number> {
  let changed = 0;
  const places = Map.groupBy(entries, ({ kind, output = '' }) => `${kind} ${output}`);
  for (const own of places.values()) {
    const place = placeOf(own);
    const changes = own.flatMap((entry) => {
      const anew = resealed(rotating, payloadOf(entry), place);
      const { id, round, payload: was } = entry;
      return anew.bodies === 0 ? [] : [{ id, round, was, payload: JSON.stringify(anew.payload) }];
    });
    changed += await write(rotating, { place, changes, replace: (all) => rest.replace(all) });
  }
  return changed;
}

function placeOf([entry]: readonly Resting[]): Place {
  if (entry === undefined) return IN_HISTORY;
  return { where: WHERE_RESTING[entry.kind], outputs: entry.output === undefined ? [] : [entry.output] };
}

type Writing<Change> = {
  readonly place: Place;
  readonly changes: readonly Change[];
  readonly replace: (changes: readonly Change[]) => Promise<number>;
};

async function write<Change>(rotating: Rotating, { place, changes, replace }: Writing<Change>): Promise<number> {
  if (changes.length === 0) return 0;
  const begun = performance.now();
  const replaced = rotating.dryRun ? changes.length : await replace(changes);
  noteRotated(rotating, place, replaced);
  // The store takes one writer at a time: half of the time is left to others.
  if (!rotating.dryRun) await delay(performance.now() - begun);
  return changes.length - replaced;
}

/** The payload with bodies encrypted with the first key, and how many were not before. What cannot be read stays. */
function resealed(rotating: Rotating, payload: unknown, place: Place): { readonly payload: unknown; readonly bodies: number } {
  let bodies = 0;
  const changed = changeBodies(payload, (callback) => {
    const anew = unlessUnreadable(rotating, place, () => rotating.codec.reseal(callback));
    if (anew === undefined || anew === callback) return callback;
    bodies += 1;
    return anew;
  });
  return { payload: changed, bodies };
}

function unlessUnreadable<T>({ unreadable }: Rotating, place: Place, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RingbackError) || !UNREADABLE.has(error.code)) throw error;
    unreadable.note(place);
    return undefined;
  }
}

const UNREADABLE = new Set<string>(['RB_KEY_MISSING', 'RB_BODY_TAMPERED']);

function noteRotated({ rotated, onProgress }: Rotating, place: Place, bodies: number): void {
  if (bodies === 0) return;
  rotated.note(place, bodies);
  onProgress({ where: place.where, bodies: rotated.bodies() });
}
