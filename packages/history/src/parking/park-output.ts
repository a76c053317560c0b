import type { Logger } from '@ringback/contracts';
import { type BacklogBound, NO_BACKLOG, type OutputBacklog, outputQueueState, type Parking, readBacklog } from '@ringback/queue';
import type { Redis } from 'ioredis';
import type { HandOver } from '../hand-over/hand-over.ts';
import type { Resting, RestStore } from '../store/rest.ts';
import { bringOldestBack, removeSettled } from './bring-back.ts';
import { parkNewest } from './park.ts';

/** ms. */
export const LOOK_EVERY_MS = 1000;
/** While an output is above half of its bound, or its parked deliveries come back. */
const LOOK_SOON_MS = 100;
/** How often the store is asked for an output of which nothing is known to be parked. */
const ASK_EVERY_MS = 5000;
const SETTLE_EVERY_MS = 60_000;
const PORTION = { deliveries: 500, size: 2 * 1024 * 1024 } as const;
/** Then other outputs get their turn. */
const PORTIONS_AT_ONCE = 8;
/** Shares of its bound. */
const [HALF, PARKED_DOWN_TO, FEW] = [0.5, 0.75, 0.25];
/** Of its bound, while memory is short. */
const SHARE_WHILE_TIGHT = 0.25;

export type ParkedOutput = {
  readonly output: string;
  /** False: beyond its bound its deliveries do not wait. What is parked comes back all the same. */
  readonly parks: boolean;
  readonly bound: () => BacklogBound;
  /** Which parked deliveries come back to this shard. Absent: all. */
  readonly place?: { readonly number: number; readonly of: number } | undefined;
};

export type ParkOutputDeps = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly parking: Parking;
  readonly rest: RestStore;
  readonly memory: { readonly tight: () => boolean; readonly nearlyFull: () => boolean };
  readonly handOver: HandOver;
  /** Its lane has something to feed again. */
  readonly wake: (output: string) => void;
  /** Redis's clock, ms since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
};

/** Parks or brings back what one output has too much or little of. Resolves to the ms until the next look. */
export function createParkOutput(deps: ParkOutputDeps, settings: ParkedOutput) {
  const { memory, wake, logger } = deps;
  const { output, parks, place } = settings;
  const queue = outputQueueState(output, deps);
  const common = { ...deps, output, place, ...createUnreadable(output, logger) };
  const settle = everyMinute(() => removeSettled(common, PORTION));
  let [askAt, parked] = [0, false];

  async function park(first: number): Promise<number> {
    let level = first;
    for (let portion = 0; portion < PORTIONS_AT_ONCE && level > PARKED_DOWN_TO; portion += 1) {
      const count = await parkNewest(common);
      if (count === 0) return LOOK_SOON_MS;
      if (!parked) logger.warn({ code: 'RB_OUTPUT_BACKLOG', output }, 'deliveries beyond the backlog of an output are parked');
      parked = true;
      level = levelOf(await useOf(deps, output), boundNow(settings, memory.tight()));
    }
    return LOOK_SOON_MS;
  }

  async function bringBack(): Promise<number> {
    if (await queue.isPaused()) return LOOK_EVERY_MS;
    const { found, done } = await bringOldestBack(common, portionOf(settings.bound()));
    if (found === 0 && parked) logger.info({ output }, 'all parked deliveries of an output have returned');
    parked = found > 0;
    askAt = performance.now() + (found === 0 ? ASK_EVERY_MS : 0);
    if (done > 0) wake(output);
    return done > 0 ? LOOK_SOON_MS : LOOK_EVERY_MS;
  }

  return {
    close: () => queue.close(),
    async look(use: OutputBacklog): Promise<number> {
      const bound = boundNow(settings, memory.tight());
      const level = levelOf(use, bound);
      if (parks && level > 1) return park(level);
      const hasFew = level <= FEW && use.held <= PORTION.deliveries / 2;
      if (hasFew && !memory.nearlyFull() && performance.now() >= askAt) return bringBack();
      await settle();
      return parks && (level > HALF || parked) ? LOOK_SOON_MS : LOOK_EVERY_MS;
    },
  };
}

/** At the first call too. */
function everyMinute(work: () => Promise<void>): () => Promise<void> {
  let next = 0;
  return async () => {
    if (performance.now() < next) return;
    next = performance.now() + SETTLE_EVERY_MS;
    await work();
  };
}

async function useOf(access: { redis: Redis; prefix: string }, output: string): Promise<OutputBacklog> {
  return (await readBacklog(access)).get(output) ?? NO_BACKLOG;
}

function boundNow({ bound }: ParkedOutput, tight: boolean): BacklogBound {
  const { bytes, held } = bound();
  return { bytes: bytes === undefined || !tight ? bytes : bytes * SHARE_WHILE_TIGHT, held };
}

/** 1: at its bound. */
function levelOf(use: Pick<OutputBacklog, 'bytes' | 'held'>, { bytes, held }: BacklogBound): number {
  return Math.max(shareOf(use.bytes, bytes), shareOf(use.held, held));
}

const shareOf = (used: number, most: number | undefined) => (most === undefined ? 0 : used / Math.max(1, most));

function portionOf({ bytes = Infinity, held = Infinity }: BacklogBound): { deliveries: number; size: number } {
  return {
    deliveries: Math.max(1, Math.floor(Math.min(PORTION.deliveries, held / 2))),
    size: Math.min(PORTION.size, bytes * FEW),
  };
}

/** Says each once. */
function createUnreadable(output: string, logger: Logger) {
  const said = new Set<string>();
  return {
    unreadable: () => said.size,
    onUnreadable(entries: readonly Resting[]): void {
      for (const { id } of entries.filter((entry) => !said.has(entry.id))) {
        said.add(id);
        logger.error({ code: 'RB_PAYLOAD_INVALID', output, parked: id }, 'parked delivery stays: it cannot be read');
      }
    },
  };
}
