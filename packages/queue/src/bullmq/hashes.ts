import type { Redis } from 'ioredis';

const KEYS_AT_ONCE = 100;

/** Keys of hashes, in steps. One that stands from the beginning to the end comes at least once. */
export async function* hashesOf({ redis, prefix }: { redis: Redis; prefix: string }): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}:*`, 'COUNT', KEYS_AT_ONCE, 'TYPE', 'hash');
    cursor = next;
    yield keys;
  } while (cursor !== '0');
}
