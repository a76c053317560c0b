import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, RingbackError } from '@ringback/contracts';
import { createLeaving, type LeavingCallback } from '@ringback/queue';
import type { Redis } from 'ioredis';
import type { RestStore } from '../rest.ts';
import { deadLetterEntries, quarantineEntry } from './payload.ts';

/** How long a dead letter or a quarantined callback stays in Redis at most, and how many of a queue do. */
const STAYS_MS = 3_600_000;
const STAY = 1000;
/** Jobs of a queue at once: each may hold 1 MiB. */
const AT_ONCE = 50;
/** In a row, then others have their turn. */
const TIMES = 100;
const LOOK_EVERY_MS = 5000;
const AGAIN_AFTER_MS = { least: 1000, most: 60_000 } as const;

export type MoveKeptOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly rest: RestStore;
  readonly outputs: readonly string[];
  /** Quarantined callbacks that may rest: a sender must not fill the disk. */
  readonly mostQuarantined: number;
  /** Redis's clock, ms since the epoch. */
  readonly now: () => number;
};

/**
 * Brings what waits for a person out of one shard's Redis: what no route matched at once, dead letters and quarantine
 * after a while. It MUST be in the store before it goes: a crash between leaves it in both, under one name.
 */
export async function moveKept(options: MoveKeptOptions): Promise<void> {
  const { rest, outputs, mostQuarantined, now } = options;
  const leaving = createLeaving(options);
  const old = () => ({ before: now() - STAYS_MS, beyond: STAY, limit: AT_ONCE });
  const moveCallbacks = async (kind: 'quarantine' | 'unrouted', leave: ReturnType<typeof old>) => {
    const some: LeavingCallback[] = await leaving.callbacks(kind, leave);
    await rest.put(some.map((one) => quarantineEntry(kind, one)));
    return dropAll(some);
  };

  await whileSome(() => moveCallbacks('unrouted', { before: Infinity, beyond: 0, limit: AT_ONCE }));
  const quarantined = (await rest.counts()).reduce((sum, { kind, count }) => sum + (kind === 'quarantine' ? count : 0), 0);
  if (quarantined < mostQuarantined) await whileSome(() => moveCallbacks('quarantine', old()));
  for (const output of outputs) {
    await whileSome(async () => {
      const some = await leaving.deadLetters(output, old());
      await rest.put(some.flatMap((one) => deadLetterEntries(output, one)));
      return dropAll(some);
    });
  }
}

async function dropAll(leaving: readonly { readonly drop: () => Promise<boolean> }[]): Promise<boolean> {
  const dropped = await Promise.all(leaving.map((one) => one.drop()));
  return dropped.some(Boolean);
}

async function whileSome(move: () => Promise<boolean>): Promise<void> {
  for (let times = 0; times < TIMES && (await move()); times += 1);
}

type Run = MoveKeptOptions & { readonly stop: AbortSignal; readonly logger: Logger };

/** Never rejects. */
export async function runKeptMoves(options: Run): Promise<void> {
  const { stop, logger } = options;
  let failures = 0;
  while (!stop.aborted) {
    try {
      await moveKept(options);
      failures = 0;
    } catch (error) {
      const known = error instanceof RingbackError;
      const line = known ? { code: error.code, problem: error.message } : { code: 'RB_INTERNAL', err: error };
      if (failures === 0 && !stop.aborted) logger.warn(line, 'what waits for a person stays in Redis for now');
      failures += 1;
    }
    const { least, most } = AGAIN_AFTER_MS;
    const wait = failures === 0 ? LOOK_EVERY_MS : Math.min(most, least * 2 ** failures);
    await delay(wait, undefined, { signal: stop }).catch(() => {});
  }
}
