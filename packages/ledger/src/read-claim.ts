import { ledgerKeyStart } from '@ringback/redis';
import type { Redis } from 'ioredis';

/** The batch that claimed a callback. Undefined: none did, or the dedupe window is over. */
export async function readClaim(
  { redis, prefix }: { readonly redis: Redis; readonly prefix: string },
  key: string,
): Promise<string | undefined> {
  const claim = await redis.get(`${ledgerKeyStart(prefix)}${key}`);
  return claim?.split(' ')[0];
}
