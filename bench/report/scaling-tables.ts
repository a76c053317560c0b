import type { Samples } from '../measure/samples.ts';
import { predictForDocs } from '../predict/predict.ts';
import { shardTables } from './shard-tables.ts';
import type { Table } from './tables.ts';

/** All that `--shards` says: what was measured, and what follows from it. */
export function scalingTables(samples: Samples): Table[] {
  return [...shardTables(samples), ...predictForDocs(samples.all())];
}
