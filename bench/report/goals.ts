import { BODY_BYTES } from '../load/requests.ts';
import { type Samples, type Spread, spreadOf } from '../measure/samples.ts';

export type Goal = {
  readonly name: string;
  readonly unit: '×' | 'ms' | 'B' | '/s';
  readonly is: 'at least' | 'at most';
  readonly bound: number;
  /** Round by round. */
  readonly spread: Spread;
  readonly met: boolean;
};

export type Rule = Omit<Goal, 'spread' | 'met'> & { readonly of: (samples: Samples) => readonly number[] };

type Figure = readonly [who: string, what: string];

/** A slow machine then slows both. */
function pair(samples: Samples, [one, other]: readonly [Figure, Figure], combine: (a: number, b: number) => number): number[] {
  const others = samples.values(...other);
  return samples.values(...one).flatMap((value, round) => {
    const beside = others[round];
    return beside === undefined ? [] : [combine(value, beside)];
  });
}

export const ratio = (one: Figure, other: Figure) => (samples: Samples) => pair(samples, [one, other], (a, b) => a / b);
const difference = (one: Figure, other: Figure) => (samples: Samples) => pair(samples, [one, other], (a, b) => a - b);

const ONE_OUTPUT = '1 output, 0 ms';
const deliveries: string = `deliveriesPerSecond, ${ONE_OUTPUT}`;
const slowDeliveries = 'deliveriesPerSecond, 1 output, 20 ms';

const RULES: readonly Rule[] = [
  {
    name: 'acked callbacks, of the limit',
    unit: '×',
    is: 'at least',
    bound: 0.8,
    of: ratio(['ringback', 'ackedPerSecond'], ['limit', 'ackedPerSecond']),
  },
  {
    name: 'p99 of the ack at full load, of the limit’s',
    unit: '×',
    is: 'at most',
    bound: 2,
    of: ratio(['ringback', 'fullP99'], ['limit', 'fullP99']),
  },
  {
    name: 'p99 of the ack at 30 %, beyond the limit’s',
    unit: 'ms',
    is: 'at most',
    bound: 5,
    of: difference(['ringback', 'partialP99'], ['limit', 'partialP99']),
  },
  {
    name: 'Redis CPU per callback, ack to delivered, of plain',
    unit: '×',
    is: 'at most',
    bound: 1 / 8,
    of: ratio(['ringback', `redisMicros, ${ONE_OUTPUT}`], ['plain', `redisMicros, ${ONE_OUTPUT}`]),
  },
  {
    name: 'deliveries, of the bare pool',
    unit: '×',
    is: 'at least',
    bound: 0.8,
    of: ratio(['ringback', deliveries], ['bare-pool', deliveries]),
  },
  {
    name: 'deliveries at 20 ms, of the bare pool',
    unit: '×',
    is: 'at least',
    bound: 0.8,
    of: ratio(['ringback', slowDeliveries], ['bare-pool', slowDeliveries]),
  },
  {
    name: 'deliveries, of plain',
    unit: '×',
    is: 'at least',
    bound: 2.5,
    of: ratio(['ringback', deliveries], ['plain', deliveries]),
  },
  {
    name: 'ack to delivery at 30 %, median, beyond one POST',
    unit: 'ms',
    is: 'at most',
    bound: 5,
    of: difference(['ringback', 'lowToEndP50'], ['bare-pool', 'onePostP50']),
  },
  {
    name: `Redis per waiting callback, beyond its body of ${BODY_BYTES} B`,
    unit: 'B',
    is: 'at most',
    bound: 250,
    of: (samples) => samples.values('ringback', 'bytesBeyondBody'),
  },
  {
    name: 'Redis per finished callback',
    unit: 'B',
    is: 'at most',
    bound: 250,
    of: (samples) => samples.values('backlog', 'bytesKept'),
  },
  {
    name: 'acked callbacks with `always`, of `everysec`',
    unit: '×',
    is: 'at least',
    bound: 0.8,
    of: ratio(['ringback-always', 'ackedPerSecond'], ['ringback', 'ackedPerSecond']),
  },
];

export function judge(samples: Samples, rules: readonly Rule[] = RULES): Goal[] {
  return rules.flatMap(({ of, ...goal }) => {
    const spread = spreadOf(of(samples));
    if (!spread) return [];
    return { ...goal, spread, met: goal.is === 'at least' ? spread.median >= goal.bound : spread.median <= goal.bound };
  });
}
