import type { Redis } from 'ioredis';

type Value =
  | { readonly string: string }
  | { readonly hash: Readonly<Record<string, string>> }
  | { readonly list: readonly string[] }
  | { readonly set: readonly string[] }
  /** Members and scores. */
  | { readonly zset: readonly (readonly [string, string])[] };

/** Keys of Redis as JSON that people can read. `base64:` stands before what is no UTF-8. */
export type Dump = Readonly<Record<string, Value>>;

const BINARY = 'base64:';

function write(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) && !text.startsWith(BINARY) ? text : BINARY + bytes.toString('base64');
}

function read(text: string): Buffer {
  return text.startsWith(BINARY) ? Buffer.from(text.slice(BINARY.length), 'base64') : Buffer.from(text, 'utf8');
}

async function membersOf(redis: Redis, key: string): Promise<[string, string][]> {
  const members = await redis.zrange(key, '0', '-1');
  return Promise.all(members.map(async (member) => [member, (await redis.zscore(key, member)) ?? '']));
}

async function valueOf(redis: Redis, key: string): Promise<Value | undefined> {
  switch (await redis.type(key)) {
    case 'string':
      return { string: write((await redis.getBuffer(key)) ?? Buffer.of()) };
    case 'hash':
      return {
        hash: Object.fromEntries(Object.entries(await redis.hgetallBuffer(key)).map(([name, value]) => [name, write(value)])),
      };
    case 'list':
      return { list: (await redis.lrangeBuffer(key, 0, -1)).map(write) };
    case 'set':
      return { set: (await redis.smembersBuffer(key)).map(write).toSorted() };
    case 'zset':
      return { zset: await membersOf(redis, key) };
    default:
      return undefined;
  }
}

/** What expires within seconds, or is of a running process: gone before other processes come. */
const FLEETING = /:(lock|limiter|stalled-check|probe|processes|process:[^:]*)$/;

/** All keys but streams and what is fleeting. */
export async function dump(redis: Redis): Promise<Dump> {
  const keys = (await redis.keys('*')).filter((key) => !FLEETING.test(key));
  const values = await Promise.all(keys.toSorted().map(async (key) => [key, await valueOf(redis, key)] as const));
  return Object.fromEntries(values.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));
}

/** Puts the keys of a dump into an empty Redis. Nothing expires. */
export async function load(redis: Redis, dumped: Dump): Promise<void> {
  for (const [key, value] of Object.entries(dumped)) {
    if ('string' in value) await redis.set(key, read(value.string));
    else if ('hash' in value) await redis.hset(key, ...Object.entries(value.hash).flatMap(([name, text]) => [name, read(text)]));
    else if ('list' in value) await redis.rpush(key, ...value.list.map(read));
    else if ('set' in value) await redis.sadd(key, ...value.set.map(read));
    else await redis.zadd(key, ...value.zset.flatMap(([member, score]) => [score, read(member)]));
  }
}
