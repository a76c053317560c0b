import { bodyDigest, callbackKey, type QuarantinedCallback } from '@ringback/contracts';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { addJobs } from './add-jobs.ts';
import { idPages } from './jobs-of.ts';
import { QUARANTINE } from './names.ts';
import { queueOptions, quiet } from './queue-options.ts';

/** So that no flood fills Redis. Several processes that write at once may overshoot by what each has under way. */
export type QuarantineBounds = { readonly maxCount: number; readonly maxSize: number };

export type Quarantine = {
  /** Keeps those for which there is room, and tells for each whether it is kept. What is kept stays until a person decides: where there is no room, the newest are not kept. */
  keep(entries: readonly QuarantinedCallback[]): Promise<boolean[]>;
};

/** A worker's way into the quarantine. */
export function createQuarantine(options: { redis: Redis; prefix: string; bounds: QuarantineBounds }): Quarantine {
  const queue = quiet(new Queue(QUARANTINE, queueOptions(options)));
  return { keep: (entries) => keepIn(queue, entries, options.bounds) };
}

/** What an entry takes beside its body, in bytes: headers, and the job around it. */
const OVERHEAD = 2048;
const IDS_AT_ONCE = 1000;

/** Says who and what it is, so that the same callback, sent again, is kept once; and how large its body is, so that the sum over all needs no counter that could drift. */
function idOf(entry: QuarantinedCallback): string {
  return `${callbackKey(entry)}.${bodyDigest(entry.body)}.${Buffer.byteLength(entry.body)}`;
}

function sizeOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('.') + 1)) + OVERHEAD;
}

export async function keepIn(
  queue: Queue,
  entries: readonly QuarantinedCallback[],
  { maxCount, maxSize }: QuarantineBounds,
): Promise<boolean[]> {
  const ids = new Set<string>();
  // Read all at once, tens of thousands would hold Redis up for milliseconds, for each group of callbacks.
  for await (const page of idPages({ queue, state: 'waiting', size: IDS_AT_ONCE })) for (const id of page) ids.add(id);
  let size = [...ids].reduce((sum, id) => sum + sizeOf(id), 0);
  const added: { name: string; data: QuarantinedCallback; opts: { jobId: string } }[] = [];
  const kept = entries.map((entry) => {
    const jobId = idOf(entry);
    if (ids.has(jobId)) return true;
    if (ids.size >= maxCount || size + sizeOf(jobId) > maxSize) return false;
    ids.add(jobId);
    size += sizeOf(jobId);
    added.push({ name: 'callback', data: entry, opts: { jobId } });
    return true;
  });
  // The id is derived from all that an entry is, so what has it is the same.
  await addJobs({ queue, jobs: added });
  return kept;
}
