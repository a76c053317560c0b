import type { Redis } from 'ioredis';
import { isRaw, portionOf } from './read-stream.ts';
import { GROUP } from './stream-scripts.ts';
import { type SubjectsOf, rowsOf } from '../writer/rows-of.ts';
import type { HistoryRows } from '../store/rows.ts';
import { historyKeys } from '@ringback/redis';

type Access = { readonly redis: Redis; readonly prefix: string };

/** What waits in one shard for the writer. */
export type BufferState = {
  readonly events: number;
  readonly bytes: number;
  /** When the oldest was handed over, ms since the epoch by Redis's clock. */
  readonly oldest?: number | undefined;
  /** What was left out, and is in no gap of the store yet. */
  readonly dropped: { readonly callbacks: number; readonly attempts: number };
};

export async function readBufferState({ redis, prefix }: Access): Promise<BufferState> {
  const { stream, state } = historyKeys(prefix);
  const [events, facts, first] = await Promise.all([
    redis.xlen(stream),
    redis.hmget(state, 'bytes', 'callbacks', 'attempts', 'gap.callbacks', 'gap.attempts'),
    redis.xrange(stream, '-', '+', 'COUNT', 1),
  ]);
  const [bytes = 0, callbacks = 0, attempts = 0, gapCallbacks = 0, gapAttempts = 0] = facts.map((fact) => Number(fact ?? 0));
  const id = first[0]?.[0];
  return {
    events,
    bytes,
    ...(id !== undefined && { oldest: Number(id.split('-')[0]) }),
    dropped: { callbacks: callbacks + gapCallbacks, attempts: attempts + gapAttempts },
  };
}

/** True once a writer has taken events from the stream, with whatever history. */
export async function hasWriter({ redis, prefix }: Access): Promise<boolean> {
  const { stream } = historyKeys(prefix);
  // The groups of a key that is missing are an error.
  if ((await redis.exists(stream)) === 0) return false;
  const groups: unknown = await redis.xinfo('GROUPS', stream);
  return Array.isArray(groups) && groups.some((fields) => Array.isArray(fields) && fields.includes(GROUP));
}

/** Rows of the newest events that wait. They stay where they are. */
export async function peekAtStream({ redis, prefix }: Access, subjectsOf: SubjectsOf, most: number): Promise<HistoryRows> {
  const entries: unknown[] = await redis.xrevrange(historyKeys(prefix).stream, '+', '-', 'COUNT', most);
  const portion = portionOf(entries.toReversed().filter(isRaw));
  return rowsOf(
    portion.entries.map(({ event }) => event),
    subjectsOf,
  );
}
