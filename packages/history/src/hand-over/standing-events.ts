import { historyKeys } from '@ringback/redis';
import type { Redis } from 'ioredis';
import type { HistoryEvent } from '../events.ts';
import { isRaw, portionOf } from './read-stream.ts';

const ENTRIES_AT_ONCE = 32;

/** Events of one shard that wait for the writer, as of now, the oldest first. Those that cannot be read are left out. */
export async function* standingEvents({ redis, prefix }: { redis: Redis; prefix: string }): AsyncGenerator<HistoryEvent> {
  const { stream } = historyKeys(prefix);
  const [[last] = []] = await redis.xrevrange(stream, '+', '-', 'COUNT', 1);
  if (last === undefined) return;
  for (let after = '-'; ;) {
    const entries: unknown[] = await redis.xrange(stream, after, last, 'COUNT', ENTRIES_AT_ONCE);
    const raw = entries.filter(isRaw);
    for (const { event } of portionOf(raw).entries) yield event;
    const end = raw.at(-1);
    if (end === undefined || raw.length < ENTRIES_AT_ONCE) return;
    after = `(${end[0]}`;
  }
}
