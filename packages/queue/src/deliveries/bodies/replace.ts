import { type Callback, StoredShare } from '@ringback/contracts';
import { createRunScript } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { decodeBodies, encodeBodies, isCompact, notOurs, parseStored } from './blob.ts';
import { bodiesKey } from './keys.ts';

const share = Compile(StoredShare);

/** Stored bodies with what must not have changed when they are replaced. */
export type ReplaceableBodies = {
  readonly id: string;
  readonly batch: string;
  readonly callbacks: readonly Callback[];
  readonly digest: string;
  readonly compact: boolean;
  /** Outputs that still need them, by name. `isDead`: only as a dead letter. */
  readonly outputs: readonly { readonly name: string; readonly isDead: boolean }[];
};

/**
 * KEYS bodies · ARGV digest as it was read, new blob, its digest. What is under way has read the blob as a whole: it
 * may change for the next reader. Places in the shares stay.
 */
const REPLACE = `
local digest = redis.call('HGET', KEYS[1], 'digest')
if not digest then return { 'gone' } end
if digest ~= ARGV[1] then return { 'changed' } end
redis.call('HSET', KEYS[1], 'bodies', ARGV[2], 'digest', ARGV[3])
return { 'rewritten' }`;

type Access = { readonly redis: Redis; readonly prefix: string };

/** Undefined: gone. @throws RingbackError RB_PAYLOAD_INVALID or RB_PAYLOAD_NEWER */
export async function readReplaceable({ redis, prefix }: Access, id: string): Promise<ReplaceableBodies | undefined> {
  const fields = await redis.hgetallBuffer(bodiesKey(prefix, id));
  if (Object.keys(fields).length === 0) return undefined;
  const blob = fields['bodies'] ?? notOurs();
  const outputs = Object.entries(fields).flatMap(([name, value]) => {
    if (!name.startsWith('@')) return [];
    const own = parseStored(value);
    return share.Check(own) ? [{ name: name.slice(1), isDead: own.state === 'dead' }] : notOurs();
  });
  return { id, ...(await decodeBodies(blob)), digest: fields['digest']?.toString() ?? '', compact: isCompact(blob), outputs };
}

/** `callbacks` MUST be the same ones in the same order: only how their bodies are encrypted may differ. */
export async function replaceBodies(
  { redis, prefix }: Access,
  { id, batch, digest, compact }: ReplaceableBodies,
  callbacks: readonly Callback[],
): Promise<'rewritten' | 'changed' | 'gone'> {
  const blob = await encodeBodies(batch, callbacks, compact);
  const [answer] = await createRunScript(redis)(REPLACE, [bodiesKey(prefix, id)], [digest, blob.bytes, blob.digest]);
  return answer === 'rewritten' || answer === 'gone' ? answer : 'changed';
}
