import type { RingbackError } from '@ringback/contracts';
import { createShardsReadiness, notReadyReasons, type ShardCountWatch, type ShardsReadiness } from '@ringback/redis';
import type { WorkShard } from './shard/shard.ts';

export type ReadinessOptions = {
  readonly served: readonly Pick<WorkShard, 'number' | 'watch'>[];
  readonly shardCount: Pick<ShardCountWatch, 'refusal'>;
  readonly now: () => number;
};

/** Without the number of shards the worker dispatches nothing, however well its shards are. */
export function createReadiness({ served, shardCount, now }: ReadinessOptions): ShardsReadiness {
  const shards = served.map(({ number, watch }) => ({ shard: number, notReadyReasons: () => notReadyReasons({ watch }) }));
  const ofShards = createShardsReadiness({ shards, now });
  return {
    facts: () => ofShards.facts(),
    async notReadyReasons() {
      const refusal = shardCount.refusal();
      const reasons = await ofShards.notReadyReasons();
      return refusal === undefined ? reasons : [line(refusal), ...reasons];
    },
  };
}

function line({ code, message }: RingbackError): string {
  // Until the first answer the message is for senders.
  return `${code}: ${code === 'RB_QUEUE_UNAVAILABLE' ? 'the number of shards is not known: shard 0 has not answered yet' : message}`;
}
