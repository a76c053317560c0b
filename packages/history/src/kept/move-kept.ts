import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@ringback/contracts';
import { createLeaving, type LeavingCallback } from '@ringback/queue';
import type { Redis } from 'ioredis';
import { problemOf } from '../problem-of.ts';
import type { RestStore } from '../store/rest.ts';
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

type What = { readonly kind: 'unrouted' | 'quarantine' | 'dead-letter'; readonly output?: string };
type Failure = { readonly what: What; readonly error: unknown };

/**
 * Brings what waits for a person out of one shard's Redis: what no route matched at once, dead letters and quarantine
 * after a while. It MUST be in the store before it goes: a crash between leaves it in both, under one name. What fails
 * does not hold up the rest, and is in the answer.
 */
export async function moveKept(options: MoveKeptOptions): Promise<Failure[]> {
  const { rest, outputs, now } = options;
  const leaving = createLeaving(options);
  const old = (limit = AT_ONCE) => ({ before: now() - STAYS_MS, beyond: STAY, limit });
  const failures: Failure[] = [];
  const attempt = (what: What, work: () => Promise<void>) =>
    work().catch((error: unknown) => void failures.push({ what, error }));
  const put = async (kind: 'quarantine' | 'unrouted', some: LeavingCallback[]) => {
    await rest.put(some.map((one) => quarantineEntry(kind, one)));
    return dropAll(some);
  };

  await attempt({ kind: 'unrouted' }, () =>
    whileSome(async () => put('unrouted', await leaving.callbacks('unrouted', { before: Infinity, beyond: 0, limit: AT_ONCE }))),
  );
  await attempt({ kind: 'quarantine' }, async () => {
    let room = await roomForQuarantined(options);
    await whileSome(async () => {
      if (room <= 0) return false;
      const some = await leaving.callbacks('quarantine', old(Math.min(AT_ONCE, room)));
      room -= some.length;
      return put('quarantine', some);
    });
  });
  for (const output of outputs) {
    await attempt({ kind: 'dead-letter', output }, () =>
      whileSome(async () => {
        const some = await leaving.deadLetters(output, old());
        await rest.put(some.flatMap((one) => deadLetterEntries(output, one)));
        return dropAll(some);
      }),
    );
  }
  return failures;
}

async function roomForQuarantined({ rest, mostQuarantined }: MoveKeptOptions): Promise<number> {
  const counts = await rest.counts();
  return counts.reduce((room, { kind, count }) => room - (kind === 'quarantine' ? count : 0), mostQuarantined);
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
  const { least, most } = AGAIN_AFTER_MS;
  let failing = new Set<string>();
  let failures = 0;
  while (!stop.aborted) {
    const failed = await moveKept(options);
    for (const { what, error } of failed) {
      const line = { ...what, ...problemOf(error) };
      if (!failing.has(nameOf(what)) && !stop.aborted) logger.warn(line, 'what waits for a person stays in Redis for now');
    }
    failing = new Set(failed.map(({ what }) => nameOf(what)));
    failures = failed.length === 0 ? 0 : failures + 1;
    const wait = failures === 0 ? LOOK_EVERY_MS : Math.min(most, least * 2 ** (failures - 1));
    await delay(wait, undefined, { signal: stop }).catch(() => {});
  }
}

const nameOf = ({ kind, output = '' }: What) => `${kind} ${output}`;
