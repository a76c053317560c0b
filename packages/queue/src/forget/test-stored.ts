import { inflateRawSync } from 'node:zlib';
import type { Redis } from 'ioredis';

/** For tests: all that Redis holds under a prefix, as text by key; stored bodies are inflated. */
export async function everythingIn(redis: Redis, prefix: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const key of (await redis.keys(`${prefix}:*`)).toSorted()) {
    if (key.includes(':bodies:')) {
      const fields = Object.entries(await redis.hgetallBuffer(key)).toSorted(([a], [b]) => (a < b ? -1 : 1));
      found.set(key, fields.map(([name, value]) => `${name} ${textOf(value)}`).join('\n'));
    } else {
      found.set(key, await valueOf(redis, key));
    }
  }
  return found;
}

const textOf = (value: Buffer) => (value[0] === 'z'.charCodeAt(0) ? inflateRawSync(value.subarray(1)) : value).toString();

async function valueOf(redis: Redis, key: string): Promise<string> {
  switch (await redis.type(key)) {
    case 'hash':
      return JSON.stringify(Object.entries(await redis.hgetall(key)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    case 'list':
      return JSON.stringify(await redis.lrange(key, 0, -1));
    case 'zset':
      return JSON.stringify(await redis.zrange(key, '0', '-1'));
    case 'set':
      return JSON.stringify(await redis.smembers(key));
    case 'stream':
      return JSON.stringify(await redis.xrange(key, '-', '+'));
    default:
      return (await redis.get(key)) ?? '';
  }
}
