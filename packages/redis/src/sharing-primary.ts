import type { Redis } from 'ioredis';

/** How many of these connections of shards lead to the same primary as this one, itself included. As of their last connect. */
export function sharingPrimary({ options: { host, port } }: Redis, shards: readonly Redis[]): number {
  return shards.filter(({ options }) => options.host === host && options.port === port).length;
}
