import type { Config } from '@ringback/config';

/** The rest of the memory is left to others. */
const SHARE_OF_ALL = 0.5;

/** Bytes by reference, a share of maxmemory. Undefined if Redis has no limit. */
export function createDefaultBound({
  config,
  maxmemory,
}: {
  config: Pick<Config, 'redis' | 'outputs'>;
  maxmemory: () => number;
}) {
  const byDefault = (config.redis.overload.memory.high * SHARE_OF_ALL) / Math.max(1, config.outputs.length);
  return (bound: { readonly share: number } | undefined): number | undefined =>
    maxmemory() > 0 ? Math.floor(maxmemory() * (bound?.share ?? byDefault)) : undefined;
}
