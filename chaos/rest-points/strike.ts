import type { HaltSide } from '@ringback/testkit/bare';
import { killsOf, recordKill } from '../explained-repeats.ts';
import { PHASES, type Phase } from './flow.ts';
import type { Stage } from './stage.ts';

/** SIGKILL of the worker before or after the `nth` command of what parks, brings back or keeps. */
export type Point = {
  readonly phase: Phase;
  readonly side: HaltSide;
  /** From 1. */
  readonly nth: number;
};

export const nameOf = ({ phase, side, nth }: Point) => `kill ${side} command ${nth} of ${phase}`;

/** The connections of the history's thread. */
const CLIENTS: Readonly<Record<Phase, string>> = {
  park: 'ringback-parking',
  return: 'ringback-parking',
  keep: 'ringback-resting',
};
/** Of connecting, of watching Redis, and how much each output has. */
const NOT_A_STEP = ['client', 'hello', 'select', 'info', 'config', 'time', 'hgetall'];

export type Strikes = {
  readonly begin: (phase: Phase) => void;
  /** How many commands came in each phase. */
  readonly counts: Readonly<Record<Phase, number>>;
  readonly struck: () => readonly Point[];
  /** Resolves once the worker is up again. */
  readonly over: () => Promise<void>;
};

/** Once at each of `points`: at most one of each phase. */
export function armStrikes(stage: Stage, points: readonly Point[]): Strikes {
  const counts: Record<Phase, number> = { park: 0, return: 0, keep: 0 };
  const struck: Point[] = [];
  let phase: Phase | undefined;
  let work = Promise.resolve();
  const sideOf = ([name = '']: readonly string[], client: string): HaltSide | undefined => {
    if (phase === undefined || client !== CLIENTS[phase] || NOT_A_STEP.includes(name)) return undefined;
    counts[phase] += 1;
    const point = points.find((one) => one.phase === phase && one.nth === counts[one.phase]);
    if (point) struck.push(point);
    return point?.side;
  };
  stage.proxy.watch(sideOf, (halt) => {
    work = killAndStart(stage, () => halt.drop());
    // The run may fail first, and then nobody listens.
    work.catch(() => {});
  });
  return { begin: (next) => void (phase = next), counts, struck: () => struck, over: () => work };
}

async function killAndStart({ world, worker }: Stage, drop: () => void): Promise<void> {
  const kill = await recordKill(world.redis.url, async () => {
    await worker.kill();
    // What it had sent unseen is gone with it.
    drop();
  });
  killsOf(world).push(kill);
  await worker.start();
}

export function pointsOf(counts: Strikes['counts']): Point[] {
  return PHASES.flatMap((phase) =>
    Array.from({ length: counts[phase] }, (_, index) =>
      (['before', 'after'] as const).map((side) => ({ phase, side, nth: index + 1 })),
    ).flat(),
  );
}
