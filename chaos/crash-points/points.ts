import type { HaltSide } from '@ringback/testkit/bare';
import type { Random } from '../random.ts';
import { VICTIMS, type Victim } from './stage.ts';

const FAULTS = ['kill', 'cut', 'stop'] as const;
/** SIGKILL; a cut connection; SIGSTOP for longer than a lock, then SIGCONT. */
type Fault = (typeof FAULTS)[number];

/** Before or after the `nth` command, or exchange, of its kind. */
export type Point = {
  readonly victim: Victim;
  readonly fault: Fault;
  readonly side: HaltSide;
  readonly what: 'command' | 'exchange';
  readonly kind: string;
  /** From 1. */
  readonly nth: number;
};

/** By kind, without a fault. */
type Counts = ReadonlyMap<string, number>;

export type Recording = {
  readonly commands: Readonly<Record<Victim, Counts>>;
  readonly exchanges: Counts;
  /** Timed commands: one point each is enough. */
  readonly periodic: ReadonlySet<string>;
};

export const nameOf = ({ victim, fault, side, kind, nth }: Point) => `${fault} ${victim} ${side} ${kind} #${nth}`;

/** The order depends on `random` alone. If runs differ in a count, the median is used. */
export function pointsOf(recordings: readonly Recording[], random: Random): Point[] {
  const periodic = new Set(recordings.flatMap((recording) => [...recording.periodic]));
  const usual = (pick: (recording: Recording) => Counts) => usualOf(recordings.map(pick), periodic);
  const places = [
    ...VICTIMS.flatMap((victim) =>
      expand(
        usual(({ commands }) => commands[victim]),
        { victim, what: 'command' },
      ),
    ),
    ...expand(
      usual(({ exchanges }) => exchanges),
      { victim: 'worker', what: 'exchange' },
    ),
  ];
  const points = places.flatMap((place) =>
    FAULTS.flatMap((fault) => (['before', 'after'] as const).map((side) => ({ ...place, fault, side }))),
  );
  return shuffled(points, random);
}

type Place = Omit<Point, 'fault' | 'side'>;

function expand(counts: Counts, place: Pick<Place, 'victim' | 'what'>): Place[] {
  return [...counts].flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, index) => ({ ...place, kind, nth: index + 1 })),
  );
}

function usualOf(all: readonly Counts[], periodic: ReadonlySet<string>): Counts {
  const kinds = [...new Set(all.flatMap((counts) => [...counts.keys()]))].toSorted();
  const usual = (kind: string) =>
    all.map((counts) => counts.get(kind) ?? 0).toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
  return new Map(kinds.map((kind) => [kind, periodic.has(kind) ? 1 : usual(kind)]));
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const keyed = items.map((item) => ({ item, at: random.int(0, 1_000_000_000) }));
  return keyed.toSorted((one, other) => one.at - other.at).map(({ item }) => item);
}

export function createCounter(): { readonly counts: Map<string, number>; readonly add: (kind: string) => number } {
  const counts = new Map<string, number>();
  return {
    counts,
    add(kind) {
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      return count;
    },
  };
}
