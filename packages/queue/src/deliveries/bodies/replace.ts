import { type Callback, StoredShare } from '@ringback/contracts';
import { createRunScript } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { lockKey } from '../../bullmq/keys.ts';
import { decodeBodies, encodeBodies, isCompact, notOurs, parseStored } from './blob.ts';
import { bodiesKey, referenceJobKey } from './keys.ts';

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
 * KEYS bodies, locks of the outputs' jobs · ARGV digest as it was read, new blob, its digest. Places in the shares stay.
 * A worker that has read the blob may write one of its callbacks back, as a retry: so what is under way stays.
 */
const REPLACE = `
local digest = redis.call('HGET', KEYS[1], 'digest')
if not digest then return { 'gone' } end
if digest ~= ARGV[1] then return { 'changed' } end
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then return { 'under way' } end
end
redis.call('HSET', KEYS[1], 'bodies', ARGV[2], 'digest', ARGV[3])
return { 'rewritten' }`;

const ANSWERS = ['rewritten', 'under way', 'changed', 'gone'] as const;

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
  { id, batch, digest, compact, outputs }: ReplaceableBodies,
  callbacks: readonly Callback[],
): Promise<(typeof ANSWERS)[number]> {
  const blob = await encodeBodies(batch, callbacks, compact);
  const locks = outputs.map(({ name }) => lockKey(referenceJobKey(prefix, id, name)));
  const keys = [bodiesKey(prefix, id), ...locks];
  const [answer] = await createRunScript(redis)(REPLACE, keys, [digest, blob.bytes, blob.digest]);
  return ANSWERS.find((known) => known === answer) ?? 'changed';
}
