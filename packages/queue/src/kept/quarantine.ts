import type { QuarantinedCallback } from '@ringback/contracts';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { addJobs } from '../bullmq/add-jobs.ts';
import { idPages } from '../bullmq/jobs-of.ts';
import { QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import { queueOptions, quiet } from '../bullmq/queue-options.ts';
import { createQuarantineRoom, type PlaceOptions, type QuarantineBounds, type QuarantineRoom } from './quarantine-room.ts';

export type Quarantine = {
  /** Keeps those for which there is room, and tells for each whether it is kept. What is kept stays until a person decides: where there is no room, the newest are not kept. */
  keep(entries: readonly QuarantinedCallback[], options?: PlaceOptions): Promise<boolean[]>;
};

type QuarantineOptions = { readonly redis: Redis; readonly prefix: string; readonly bounds: QuarantineBounds };

/** A worker's way into the quarantine. */
export function createQuarantine(options: QuarantineOptions): Quarantine {
  return openQuarantine(QUARANTINE, options);
}

/** Where a worker keeps what no route matched. Its bounds are its own, so that such callbacks take no room from anything else. */
export function createUnroutedQuarantine(options: QuarantineOptions): Quarantine {
  return openQuarantine(UNROUTED, options);
}

function openQuarantine(name: string, options: QuarantineOptions): Quarantine {
  const queue = quiet(new Queue(name, queueOptions(options)));
  const keepIn = createKeeper(options.bounds);
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

/** Keeps entries in the quarantine's queue, within its bounds. One call at a time. */
export function createKeeper(bounds: QuarantineBounds): Keeper {
  const reader = createRoomReader(bounds);

  return async (queue, entries, options) => {
    const room = await reader.read(queue);
    const placed = entries.map((entry) => ({ entry, place: room.place(entry, options) }));
    const jobs = placed.flatMap(({ entry, place }) =>
      place?.isNew ? [{ name: 'callback', data: entry, opts: { jobId: place.id } }] : [],
    );
    if (jobs.length > 0) reader.forget();
    // The id is derived from all that an entry is, so what has it is the same.
    await addJobs({ queue, jobs });
    reader.added(jobs.map(({ opts }) => opts.jobId));
    return placed.map(({ place }) => place !== undefined);
  };
}

type Ends = { readonly count: number; readonly newest: string | undefined };

/**
 * Reads what is kept, by its ids; not again while nothing comes or goes, as in a flood into a full quarantine. New entries
 * stand at one end: with the same newest one and the same number, all are the same. The caller MUST `forget` before it adds, and may tell what it `added`.
 */
function createRoomReader(bounds: QuarantineBounds) {
  type Look = Ends & { readonly room: QuarantineRoom };
  let last: Look | undefined;
  let before: Look | undefined;

  async function read(queue: Queue): Promise<QuarantineRoom> {
    const ends = await readEnds(queue);
    if (last && ends.count === last.count && ends.newest === last.newest) return last.room;
    const room = createQuarantineRoom(bounds);
    const ids = new Set<string>();
    // Read all at once, tens of thousands would hold Redis up for milliseconds, for each group of callbacks.
    for await (const page of idPages({ queue, state: 'waiting', size: IDS_AT_ONCE })) for (const id of page) ids.add(id);
    for (const id of ids) room.count(id);
    // Where something came or went meanwhile, the next call finds other ends.
    last = ids.size === ends.count ? { ...ends, room } : undefined;
    return room;
  }
  function forget(): void {
    before = last;
    last = undefined;
  }
  /** In this order, and to the room as well. */
  function added(ids: readonly string[]): void {
    if (before && ids.length > 0) last = { ...before, count: before.count + ids.length, newest: ids.at(-1) };
  }
  return { read, forget, added };
}

async function readEnds(queue: Queue): Promise<Ends> {
  const [[newest], count] = await Promise.all([queue.getRanges(['waiting'], 0, 0), queue.getWaitingCount()]);
  return { count, newest };
}
