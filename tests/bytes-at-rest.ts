import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { Redis } from 'ioredis';

/** Of its base64, the part that is the same whatever stands around it. */
function inBase64(text: string): string[] {
  return [0, 1, 2].map((shift) => {
    const whole = Buffer.from(' '.repeat(shift) + text).toString('base64');
    return whole.slice(shift === 0 ? 0 : shift + 1, -4);
  });
}

/** Which of the texts stand in the bytes: as they are, in base64 or in hexadecimal. */
export function textsIn(bytes: Buffer, texts: readonly string[]): string[] {
  return texts.filter((text) => formsOf(text).some((form) => bytes.includes(form)));
}

function formsOf(text: string): string[] {
  return [text, ...inBase64(text), Buffer.from(text).toString('hex')];
}

/** Everything under the prefix as it stands there, stored bodies inflated. */
export async function bytesInRedis(url: string, prefix: string): Promise<Buffer> {
  const redis = new Redis(url);
  try {
    return Buffer.from(JSON.stringify(await readAll(redis, prefix)), 'utf8');
  } finally {
    redis.disconnect();
  }
}

async function readAll(redis: Redis, prefix: string): Promise<unknown[]> {
  const parts: unknown[] = [];
  for (const key of await redis.keys(`${prefix}*`)) {
    const read: Readonly<Record<string, () => Promise<unknown>>> = {
      string: () => redis.get(key),
      hash: async () => Object.values(await redis.hgetallBuffer(key)).map(inflated),
      list: () => redis.lrange(key, 0, -1),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, '0', '-1'),
      stream: () => redis.xrange(key, '-', '+', 'COUNT', '1000'),
    };
    parts.push(key, await read[await redis.type(key)]?.());
  }
  return parts;
}

function inflated(value: Buffer): string {
  return (value[0] === 'z'.charCodeAt(0) ? inflateRawSync(value.subarray(1)) : value).toString();
}

/** By name, folders within it included. */
export function filesIn(folder: string): [string, Buffer][] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map(({ name, parentPath }) => [name, readFileSync(join(parentPath, name))]);
}
