import type { Samples } from '../measure/samples.ts';
import { predict } from '../predict/predict.ts';
import { shardTables } from './shard-tables.ts';
import type { Table } from './tables.ts';

/** All that `--shards` says: what was measured, and what follows from it. */
export function scalingTables(samples: Samples): Table[] {
  return [...shardTables(samples), ...predict(samples.all(), {})];
}
