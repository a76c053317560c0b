import { checkTable, endTable, sizeTable, zoneTable } from '../report/prediction-tables.ts';
import type { Table } from '../report/tables.ts';
import { checkPrediction } from './check.ts';
import { costsIn, type MeasuredSamples } from './costs.ts';
import { type Demand, type Limits, USUAL_LIMITS } from './size.ts';

/** All may be left out. */
export type Asked = { readonly rates?: readonly number[] } & Partial<Omit<Demand, 'rate'>> &
  Partial<Pick<Limits, 'memoryBytes' | 'replicas' | 'concurrency' | 'shardsPerPrimary' | 'writeTime'>>;

const HOUR = 3600;
const RATES = [1000, 10_000, 100_000, 1_000_000];
const DEMAND = { outputs: 1, window: 86_400, backlog: 600, destination: 50 } as const;

/** What `--predict` prints: how many of everything each rate takes, what is full first, and how right a prediction was. */
export function predict(samples: MeasuredSamples, asked: Asked): Table[] {
  const { sized, rates } = sizedFor(samples, asked);
  return [sizeTable(rates, sized), endTable(sized), zoneTable(sized), checkTable(checkPrediction(samples))];
}

/** What docs/scaling.md shows: how much depends on the number of shards, on the window and on the outputs. */
export function predictForDocs(samples: MeasuredSamples): Table[] {
  const sizes = [{}, { window: HOUR }, { window: HOUR, shardsPerPrimary: 1 }, { window: HOUR, shardsPerPrimary: 1, outputs: 3 }];
  const [usual, ...others] = sizes.map((asked) => sizedFor(samples, asked));
  const [short] = others;
  if (!usual || !short) throw new Error('there is nothing to predict');
  return [
    checkTable(checkPrediction(samples)),
    ...[usual, ...others].map(({ sized, rates }) => sizeTable(rates, sized)),
    endTable(usual.sized),
    endTable(short.sized),
    zoneTable(usual.sized),
  ];
}

function sizedFor(samples: MeasuredSamples, asked: Asked) {
  const costs = costsIn(samples);
  const { rates = RATES, outputs, window, backlog, destination, ...ownLimits } = asked;
  const demand = {
    outputs: outputs ?? DEMAND.outputs,
    window: window ?? DEMAND.window,
    backlog: backlog ?? DEMAND.backlog,
    destination: destination ?? DEMAND.destination,
  };
  return { rates, sized: { costs, demand, limits: { ...USUAL_LIMITS, ...ownLimits } } };
}
