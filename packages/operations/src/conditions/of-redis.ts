import type { InstallationStatus } from '../installation/status.ts';
import { type Find, percent } from './condition.ts';

const SKEW_MS = 5000;
/** Of the share from which on callbacks are refused. */
const NEAR = 0.9;

/** On one shard it is about the whole installation. */
function aboutShard(shards: number, shard: number) {
  if (shards === 1) return { words: 'Redis' };
  return { subject: { kind: 'shard', name: String(shard) } as const, words: `shard ${shard}` };
}

function each(
  { redis, shards }: InstallationStatus,
  tell: (look: InstallationStatus['redis'][number], words: string) => string | undefined,
) {
  return redis.flatMap((look) => {
    const { subject, words } = aboutShard(shards, look.shard);
    const text = tell(look, words);
    return text === undefined ? [] : [{ subject, text }];
  });
}

export const redisRefuses: Find = (status) =>
  each(status, ({ shard, refusal }, words) => {
    if (refusal === undefined) return undefined;
    const silent = shard === 0 ? '. Processes cannot tell what they do: what is shown of them is what they said last' : '';
    return `${words} takes no writes: ${refusal}${silent}`;
  });

export const durability: Find = (status) =>
  each(status, ({ unmet }, words) => (unmet === undefined ? undefined : `${words}: ${unmet}`));

export const redisMemory: Find = ({ redis, shards }, { memory }) =>
  redis
    .filter(({ memoryRatio }) => memoryRatio >= memory * NEAR)
    .map(({ shard, memoryRatio }) => {
      const { subject, words } = aboutShard(shards, shard);
      const text = `${words} uses ${percent(memoryRatio)} of maxmemory; from ${percent(memory)} on callbacks are refused`;
      return { subject, text, ...(memoryRatio >= memory && ({ severity: 'error' } as const)) };
    });

export const clockSkew: Find = (status) =>
  each(status, ({ time }, words) => {
    const skew = Math.round(time.redis - time.own);
    return Math.abs(skew) < SKEW_MS ? undefined : `the clock of ${words} differs from this machine's by ${skew} ms`;
  });
