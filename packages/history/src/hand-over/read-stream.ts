import { createRunScript, HISTORY_OVERHEAD, historyKeys } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { HistoryEvent } from '../events.ts';
import { DONE, FORGET_CONSUMERS, GROUP } from './stream-scripts.ts';

/** Events at once: most hold up to 64 callbacks. */
const ENTRIES_AT_ONCE = 32;
/** Half of what the connection takes for a dead one, and less than what a stop waits. */
const WAIT_MS = 1000;
/** A consumer that is silent for so long is dead: a live one looks every few seconds at what it has. */
const DEAD_AFTER_MS = 15_000;
const FORGOTTEN_AFTER_MS = 3_600_000;
const CURRENT_VERSION = 1;

/** `bytes`: as they are counted in the stream's state. */
type Entry = { readonly id: string; readonly bytes: number };
export type StreamEntry = Entry & { readonly event: HistoryEvent };

export type Portion = {
  readonly entries: readonly StreamEntry[];
  /** They can never be read. */
  readonly unreadable: readonly Entry[];
  /** They gave way after they were taken, and are counted. */
  readonly gone: readonly Entry[];
  /** There may be more. */
  readonly full: boolean;
};

export type StreamOptions = {
  /** Its own: it waits for events. */
  readonly redis: Redis;
  readonly prefix: string;
  readonly consumer: string;
  readonly deadAfter?: number | undefined;
};

/** As a script says it, too. */
const NO_GROUP = /NOGROUP|no such key/;

const event = Compile(HistoryEvent);

type RawEntry = readonly [id: string, fields: readonly string[] | null];

/** What a writer takes from the stream of one shard, as a consumer of the group. */
export function createStreamReader({ redis, prefix, consumer, deadAfter = DEAD_AFTER_MS }: StreamOptions) {
  const run = createRunScript(redis);
  const { stream, state } = historyKeys(prefix);
  /** Without a group there are no entries either. Both go together if somebody empties Redis. */
  async function withGroup<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error) || !NO_GROUP.test(error.message)) throw error;
      await redis.xgroup('CREATE', stream, GROUP, '0', 'MKSTREAM').catch(unlessThere);
      return work();
    }
  }

  async function read(from: '>' | '0', block: number): Promise<Portion> {
    const options = ['GROUP', GROUP, consumer, 'COUNT', ENTRIES_AT_ONCE] as const;
    const reply = await withGroup(() =>
      block > 0
        ? redis.xreadgroup(...options, 'BLOCK', block, 'STREAMS', stream, from)
        : redis.xreadgroup(...options, 'STREAMS', stream, from),
    );
    return portionOf(rawEntries(reply));
  }

  return {
    /** Waits up to a second for new ones. */
    fresh: (wait = true) => read('>', wait ? WAIT_MS : 0),
    /** What this consumer took and did not finish. */
    own: () => read('0', 0),
    async ofDead(): Promise<Portion> {
      const reply: unknown = await withGroup(() =>
        redis.xautoclaim(stream, GROUP, consumer, deadAfter, '0', 'COUNT', ENTRIES_AT_ONCE),
      );
      return portionOf(Array.isArray(reply) && Array.isArray(reply[1]) ? reply[1].filter(isRaw) : []);
    },
    async done(entries: readonly Entry[]): Promise<void> {
      if (entries.length === 0) return;
      const sizes = entries.flatMap(({ id, bytes }) => [id, String(bytes)]);
      await run(DONE, [stream, state], [GROUP, ...sizes]);
    },
    async forgetConsumers(): Promise<void> {
      await withGroup(() => run(FORGET_CONSUMERS, [stream], [GROUP, String(FORGOTTEN_AFTER_MS)]));
    },
  };
}

function unlessThere(error: unknown): void {
  if (!(error instanceof Error) || !error.message.startsWith('BUSYGROUP')) throw error;
}

export function isRaw(entry: unknown): entry is RawEntry {
  return Array.isArray(entry) && typeof entry[0] === 'string' && (entry[1] === null || Array.isArray(entry[1]));
}

/** [[stream, [[id, fields], …]]], or null. */
function rawEntries(reply: unknown): RawEntry[] {
  if (!Array.isArray(reply) || !Array.isArray(reply[0]) || !Array.isArray(reply[0][1])) return [];
  return reply[0][1].filter(isRaw);
}

export function portionOf(raw: readonly RawEntry[]): Portion {
  const portion = { entries: [] as StreamEntry[], unreadable: [] as Entry[], gone: [] as Entry[] };
  for (const [id, fields] of raw) {
    if (fields === null) {
      portion.gone.push({ id, bytes: 0 });
      continue;
    }
    const at = fields.findIndex((name, index) => index % 2 === 0 && name === 'e');
    const text = at < 0 ? undefined : fields[at + 1];
    // What somebody else has put there was not counted.
    const entry = { id, bytes: text === undefined ? 0 : Buffer.byteLength(text) + HISTORY_OVERHEAD };
    const read = parse(text);
    if (event.Check(read)) portion.entries.push({ ...entry, event: read });
    // A newer writer will take it.
    else if (!isNewer(read)) portion.unreadable.push(entry);
  }
  return { ...portion, full: raw.length >= ENTRIES_AT_ONCE };
}

function parse(text = ''): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isNewer(read: unknown): boolean {
  return typeof read === 'object' && read !== null && 'v' in read && typeof read.v === 'number' && read.v > CURRENT_VERSION;
}
