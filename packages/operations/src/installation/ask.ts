import type { Missing, Places, ShardPlace } from '../places.ts';
import { shardName } from '../places.ts';

/** Asks all shards at once. Without those that do not answer. By the number of the shard. */
export type AskShards = <T>(ask: (shard: ShardPlace) => Promise<T>) => Promise<ReadonlyMap<number, T>>;

/** Each shard that does not answer is named in `missing`. */
export function askShardsOf(places: Pick<Places, 'shards' | 'shardCount'>, missing: Missing): AskShards {
  return async (ask) => {
    const answers = await Promise.all(
      places.shards.map(async (shard) => {
        const answer = await missing.ask(shardName(places, shard.number), async () => ({ value: await ask(shard) }));
        return answer === undefined ? [] : [[shard.number, answer.value] as const];
      }),
    );
    return new Map(answers.flat());
  };
}
