import type { Redis } from 'ioredis';
import { isReply, troubleOfReply } from './trouble.ts';

/**
 * Why Redis takes no writes, in words; undefined: it takes them. Asks by a write that changes nothing: a key that is not
 * there stays away. What this user alone may not do is no answer.
 */
export async function writeRefusal({ redis, prefix }: { redis: Redis; prefix: string }): Promise<string | undefined> {
  try {
    await redis.set(`${prefix}:probe.none`, '1', 'PX', 1, 'XX');
    return undefined;
  } catch (error) {
    if (!isReply(error)) throw error;
    const { kind, reason } = troubleOfReply(error.message);
    return kind === 'NOPERM' ? undefined : reason;
  }
}
