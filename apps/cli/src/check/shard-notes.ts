import type { Config } from '@ringback/config';
import { homeShardOf } from '@ringback/contracts';
import { shardsInWords } from '../reach/shards.ts';

/** What other workers must do if this one serves some of the shards only. No fault: `worker.shards` is for that. */
export function shardNotes({ redis: { shards: count }, worker: { shards: served }, outputs }: Config): string[] {
  if (served === undefined) return [];
  const others = Array.from({ length: count }, (_, number) => ({ number })).filter(({ number }) => !served.includes(number));
  if (others.length === 0) return [];
  const limited = outputs.flatMap(({ name, delivery }) => {
    const home = homeShardOf(name, count);
    if (delivery.rateLimit === undefined || served.includes(home)) return [];
    return [`a worker with these settings delivers nothing to ${name}: its rate limit counts on shard ${home}`];
  });
  return [`other workers must serve ${shardsInWords(others, count)}`, ...limited];
}
