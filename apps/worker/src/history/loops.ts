import { prune } from './prune.ts';
import type { HistoryShard, HistoryWork } from './work.ts';
import { restKept } from './kept.ts';
import { parkDeliveries } from './park.ts';
import { writeEvents } from './write.ts';

/**
 * All that the thread does. Each loop runs side by side with the others until `stop`, and ends soon after it. One that
 * rejects ends the thread, which is then started again.
 */
export const PROCESS_LOOPS: readonly ((work: HistoryWork) => Promise<void>)[] = [prune];
/** Once for each shard that the process serves. */
export const SHARD_LOOPS: readonly ((shard: HistoryShard) => Promise<void>)[] = [writeEvents, parkDeliveries, restKept];
