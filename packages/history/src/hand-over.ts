import type { HistoryEvent } from './events.ts';

/**
 * Hands an event over to the history of its shard. Resolves once Redis has it, or it was left out and counted for
 * want of room. It never rejects: the history MUST NOT hold up a callback or a delivery.
 */
export type HandOver = (event: HistoryEvent) => Promise<void>;
