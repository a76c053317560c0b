import type { Logger } from '@ringback/contracts';
import { createRunScript, HISTORY_OVERHEAD, historyKeys } from '@ringback/redis';
import type { Redis } from 'ioredis';
import type { HistoryEvent } from '../events.ts';
import { createGapReporter } from './gap-reporter.ts';
import { GIVE_WAY } from './stream-scripts.ts';
import { type Weight, weightOf } from './weight-of.ts';

/**
 * Hands an event over to the history of its shard. Resolves once Redis has it, or it was left out and counted for
 * want of room. It never rejects: the history MUST NOT hold up a callback or a delivery.
 */
export type HandOver = (event: HistoryEvent) => Promise<void>;

type HandOverOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  /** Bytes that may wait in the stream at this moment. It shrinks while Redis is short of memory. */
  readonly most: () => number;
  /** By Redis's clock. */
  readonly now: () => number;
  /** Hears of all that was dropped here. */
  readonly onDropped?: ((dropped: Weight) => void) | undefined;
  readonly logger: Logger;
};

export type OpenHandOver = {
  readonly handOver: HandOver;
  /** As `handOver`. Resolves to whether Redis has it. */
  readonly offer: (event: HistoryEvent) => Promise<boolean>;
  /** Drops the oldest of the stream beyond `most`, and tells Redis what was dropped here. Never rejects. */
  readonly giveWay: () => Promise<void>;
  close(): void;
};

const LOOK_EVERY_MS = 1000;
/** Beyond `most`: what a person did, and refusals of a minute, are small and come seldom. */
const RESERVE = 64 * 1024;

/** Without anything handed over it sends no command. */
export function createHandOver(options: HandOverOptions): OpenHandOver {
  const { redis, most, onDropped, logger } = options;
  const gap = createGapReporter(logger);
  const { known, unsaid, append, giveWay } = createBuffer(options, (weight) => {
    gap.dropped(weight);
    onDropped?.(weight);
  });
  const look = onceAtATime(async () => {
    gap.look();
    // Writers make room meanwhile. Without this a process that is idle would never hear of it.
    const isFilling = known() > most() / 2;
    if (redis.status === 'ready' && (isFilling || !unsaid.isEmpty())) await giveWay();
  });
  const timer = setInterval(() => void look(), LOOK_EVERY_MS).unref();

  function offer(event: HistoryEvent): Promise<boolean> {
    const weight = weightOf(event);
    const isSmall = weight.callbacks + weight.attempts === 0;
    return append(event, weight, most() + (isSmall ? RESERVE : 0));
  }

  return {
    offer,
    async handOver(event) {
      await offer(event);
    },
    giveWay,
    close: () => clearInterval(timer),
  };
}

/** The stream of one shard, as one process sees it. Nothing here rejects. */
function createBuffer({ redis, prefix, most, now }: HandOverOptions, dropped: (weight: Weight) => void) {
  const run = createRunScript(redis);
  const { stream, state, lately } = historyKeys(prefix);
  const unsaid = createUnsaid(now);
  /** Bytes of the stream, by Redis's last answer. */
  let known = 0;

  function leaveOut(weight: Weight): false {
    unsaid.add(weight);
    dropped(weight);
    return false;
  }

  /** Two plain commands: with the event in a script they would cost Redis nearly twice as much. */
  async function append(event: HistoryEvent, weight: Weight, room: number): Promise<boolean> {
    if (known >= room) return leaveOut(weight);
    const text = JSON.stringify(event);
    const size = Buffer.byteLength(text) + HISTORY_OVERHEAD;
    if (known + size > room) return leaveOut(weight);
    known += size;
    const [appended, bytes] = await Promise.allSettled([
      redis.xadd(stream, '*', 'c', weight.callbacks, 'a', weight.attempts, 'e', text),
      redis.hincrby(state, 'bytes', size),
    ]);
    if (bytes.status === 'fulfilled') known = bytes.value;
    if (appended.status === 'fulfilled') return true;
    // The connection logs its outages, and a full Redis refuses more than this.
    leaveOut(weight);
    if (bytes.status === 'fulfilled') await redis.hincrby(state, 'bytes', -size).catch(() => {});
    return false;
  }

  async function giveWay(): Promise<void> {
    const said = unsaid.take();
    const numbers = [most(), now(), said.callbacks, said.attempts, said.since];
    const args = numbers.map((value) => String(Math.max(0, Math.floor(value))));
    try {
      const [bytes = 0, callbacks = 0, attempts = 0] = (await run(GIVE_WAY, [stream, state, lately], args)).map(Number);
      known = bytes;
      dropped({ callbacks, attempts });
    } catch {
      unsaid.add(said, said.since);
    }
  }

  return { known: () => known, unsaid, append, giveWay };
}

/** What was dropped, and Redis was not told yet. */
function createUnsaid(now: () => number) {
  const nothing = { callbacks: 0, attempts: 0, since: 0 };
  let sum = nothing;
  const isEmpty = () => sum.callbacks + sum.attempts === 0;
  return {
    isEmpty,
    add({ callbacks, attempts }: Weight, since = isEmpty() ? now() : sum.since): void {
      if (callbacks + attempts > 0) sum = { callbacks: sum.callbacks + callbacks, attempts: sum.attempts + attempts, since };
    },
    take() {
      const taken = sum;
      sum = nothing;
      return taken;
    },
  };
}

function onceAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work().finally(() => (running = undefined)));
}
