import type { QueueState } from '@ringback/queue';
import { RingbackError } from '@ringback/contracts';
import { changeShards, lostReasons, type ReachedShard, type Shards } from '../reach/shards.ts';

type Switch = { readonly action: 'pause' | 'resume'; readonly open: (shard: ReachedShard) => QueueState };

/** Pauses or resumes one queue on every shard. @throws RingbackError that says where that failed: it may be run again */
export async function switchQueues(shards: Shards, { action, open }: Switch): Promise<void> {
  const { failed } = await changeShards(shards, async (shard) => {
    const queue = open(shard);
    try {
      await queue[action]();
    } finally {
      await queue.close();
    }
  });
  const [first] = failed;
  if (first === undefined) return;
  const reasons = lostReasons({ count: shards.count, lost: failed }).join('; ');
  throw new RingbackError(first.error.code, `not ${action}d at ${reasons}. The other shards are ${action}d. Run it again`);
}
