import { type Spread, spreadOf } from '../measure/samples.ts';
import { type MeasuredSamples, ONE_SHARD } from './costs.ts';

export type Checked = {
  readonly layout: string;
  /** Cores of the machine, without what others on it took. */
  readonly cores: Spread;
  /** Callbacks a second, from ack to delivery. */
  readonly predicted: Spread;
  readonly measured: Spread;
  /** Of the measured, round by round. */
  readonly error: Spread;
  /** Share of the machine that nobody used. The prediction takes it for used. */
  readonly idle: Spread;
};

/** All that runs on the bench's machine, in the two phases that were measured each by itself. */
const PROCESSES = ['loadMicros', 'ingressMicros', 'ackRedisMicros', 'workerMicros', 'deliverRedisMicros', 'sinkMicros'] as const;

/**
 * Predicts what each layout carries from ack to delivery, from the costs of one shard on one server: the cores that
 * there were, divided by what a callback costs all processes. Compares it with what was measured.
 */
export function checkPrediction(samples: MeasuredSamples): Checked[] {
  const values = (who: string, what: string) => samples[who]?.[what] ?? [];
  const costs = values(ONE_SHARD, PROCESSES[0]).map((_, round) =>
    PROCESSES.reduce((sum, what) => sum + (values(ONE_SHARD, what)[round] ?? Number.NaN), 0),
  );
  return Object.keys(samples).flatMap((layout) => {
    const measured = values(layout, 'carriedPerSecond');
    const cores = values(layout, 'cores').map((count, round) => count * (1 - (values(layout, 'others')[round] ?? Number.NaN)));
    const predicted = cores.map((count, round) => predictRate(count, costs[round] ?? Number.NaN));
    const error = predicted.map((rate, round) => rate / (measured[round] ?? Number.NaN) - 1);
    const spreads = [cores, predicted, measured, error, values(layout, 'idle')].map(spreadOf);
    const [ofCores, ofPredicted, ofMeasured, ofError, idle] = spreads;
    if (!ofCores || !ofPredicted || !ofMeasured || !ofError || !idle) return [];
    return [{ layout, cores: ofCores, predicted: ofPredicted, measured: ofMeasured, error: ofError, idle }];
  });
}

/** Callbacks a second on so many cores, if all of them are busy. */
function predictRate(cores: number, microsPerCallback: number): number {
  return (cores * 1e6) / microsPerCallback;
}
