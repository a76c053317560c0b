import type { Config } from '@ringback/config';
import { createConfirm, type createRedisWatch } from '@ringback/redis';
import type { Redis } from 'ioredis';

/** As of a command's connection. ms. */
const TIMEOUT = 10_000;

type ConfirmAt = Pick<Config['redis'], 'durability'> & {
  readonly redis: Redis;
  readonly watch: Pick<ReturnType<typeof createRedisWatch>, 'waitaof' | 'followers'>;
};

/** Waits until what a command wrote there meets `redis.durability`. */
export function confirmAt({ redis, durability, watch: { waitaof, followers } }: ConfirmAt): () => Promise<void> {
  return createConfirm({ redis, durability, timeout: TIMEOUT, waitaof, followers });
}
