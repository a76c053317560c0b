import { createParking, type ParkedGroup } from '@ringback/queue';
import { askShards, lostError } from '../reach/shards.ts';
import type { Reached } from '../reach/with-redis.ts';

/**
 * Asks the ledgers of all shards: an output with a rate limit has its deliveries on another one. What one that is away
 * knows could be missed. @throws RingbackError
 */
export function settledAt(reached: Reached) {
  const { window } = reached.settings.dedupe;
  return async (group: ParkedGroup): Promise<boolean[]> => {
    const known = await askShards(reached, (shard) => createParking({ ...shard, window }).areSettled(group));
    if (reached.lost.length > 0) throw lostError(reached, '. What is parked stays: run it again');
    const answers = [...known.values()];
    return group.deliveries.map((_, index) => answers.some((settled) => settled[index]));
  };
}
