import type { QuarantinedCallback } from '@ringback/contracts';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { addJobs, type NewJob } from '../bullmq/add-jobs.ts';
import { readNotes, withNote } from '../bullmq/job-note.ts';
import { idPages } from '../bullmq/jobs-of.ts';
import { QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import { factsOfEarlierId } from './earlier-quarantine-id.ts';
import {
  createQuarantineRoom,
  type KeptFacts,
  type PlaceOptions,
  type QuarantineBounds,
  type QuarantineRoom,
} from './quarantine-room.ts';

export type Quarantine = {
  /** Tells for each whether it is kept. If there is no room, the newest are not. */
  keep(entries: readonly QuarantinedCallback[], options?: PlaceOptions): Promise<boolean[]>;
};

type QuarantineOptions = { readonly redis: Redis; readonly prefix: string; readonly bounds: QuarantineBounds };

export function createQuarantine(options: QuarantineOptions): Quarantine {
  return openQuarantine(QUARANTINE, options);
}

/** Bounds of its own: such callbacks take no room from others. */
export function createUnroutedQuarantine(options: QuarantineOptions): Quarantine {
  return openQuarantine(UNROUTED, options);
}

function openQuarantine(name: string, options: QuarantineOptions): Quarantine {
  const queue = openQueue(name, options);
  const keepIn = createKeeper(options);
  let last: Promise<unknown> = Promise.resolve();
  return {
    keep(entries, placeOptions) {
      const kept = last.then(() => keepIn(queue, entries, placeOptions));
      last = kept.catch(() => {});
      return kept;
    },
  };
}

const IDS_AT_ONCE = 1000;

export type Keeper = (queue: Queue, entries: readonly QuarantinedCallback[], options?: PlaceOptions) => Promise<boolean[]>;

/** One call at a time. */
export function createKeeper({ redis, bounds }: { redis: Redis; bounds: QuarantineBounds }): Keeper {
  const reader = createRoomReader(redis, bounds);

  return async (queue, entries, options) => {
    const room = await reader.read(queue);
    const placed = entries.map((entry) => ({ entry, place: room.place(entry, options) }));
    const added = placed.flatMap(({ entry, place }) => (place?.isNew ? [{ entry, facts: place.facts }] : []));
    if (added.length > 0) reader.forget();
    await addJobs({ queue, jobs: added.map(({ entry, facts }) => jobOf(entry, facts)) });
    reader.added(added.map(({ facts }) => facts));
    return placed.map(({ place }) => place !== undefined);
  };
}

const Note = Compile(Type.Object({ size: Type.Number(), group: Type.String(), beyond: Type.Optional(Type.Boolean()) }));

function jobOf(entry: QuarantinedCallback, { identity, ...note }: KeptFacts): NewJob {
  return { name: 'callback', data: entry, opts: withNote({ jobId: identity }, note) };
}

async function readFacts(place: { redis: Redis; queue: Queue }, ids: readonly string[]): Promise<KeptFacts[]> {
  const notes = await readNotes(place, ids);
  return ids.map((id, index) => {
    const note = notes[index];
    return Note.Check(note) ? { identity: id, ...note } : factsOfEarlierId(id);
  });
}

type Ends = { readonly count: number; readonly newest: string | undefined };

/** Reads again only if the newest entry or the count changed. MUST `forget` before adding. */
function createRoomReader(redis: Redis, bounds: QuarantineBounds) {
  type Look = Ends & { readonly room: QuarantineRoom };
  let last: Look | undefined;
  let before: Look | undefined;
  let known = new Map<string, KeptFacts>();

  async function read(queue: Queue): Promise<QuarantineRoom> {
    const ends = await readEnds(queue);
    if (last && ends.count === last.count && ends.newest === last.newest) return last.room;
    const found = new Map<string, KeptFacts>();
    // Read all at once, tens of thousands would hold Redis up for milliseconds, for each group of callbacks.
    for await (const page of idPages({ queue, state: 'waiting', size: IDS_AT_ONCE })) {
      const unknown = page.filter((id) => !known.has(id));
      for (const [index, facts] of (await readFacts({ redis, queue }, unknown)).entries()) known.set(unknown[index] ?? '', facts);
      for (const id of page) found.set(id, known.get(id) ?? factsOfEarlierId(id));
    }
    known = found;
    const room = createQuarantineRoom(bounds);
    for (const facts of found.values()) room.count(facts);
    last = found.size === ends.count ? { ...ends, room } : undefined;
    return room;
  }
  function forget(): void {
    before = last;
    last = undefined;
  }
  /** In this order, and to the room as well. */
  function added(entries: readonly KeptFacts[]): void {
    for (const facts of entries) known.set(facts.identity, facts);
    const newest = entries.at(-1)?.identity;
    if (before && newest !== undefined) last = { ...before, count: before.count + entries.length, newest };
  }
  return { read, forget, added };
}

async function readEnds(queue: Queue): Promise<Ends> {
  const [[newest], count] = await Promise.all([queue.getRanges(['waiting'], 0, 0), queue.getWaitingCount()]);
  return { count, newest };
}
