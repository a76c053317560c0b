import { bodyDigest, StoredShare } from '@ringback/contracts';
import { createRunScript } from '@ringback/redis';
import type { Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { batchPartId } from '../../bullmq/names.ts';
import { parseStored } from './blob.ts';
import { backlogKey, bodiesKey, heldKey } from './keys.ts';
import { COUNT } from './scripts.ts';

const share = Compile(StoredShare);

type Access = { readonly redis: Redis; readonly prefix: string };

/**
 * KEYS bodies, backlog, held list · ARGV output, id, blob, digest, entry → `put`, `there` if it was put before, or
 * `elsewhere` if other bodies or another share stand here.
 */
const PUT_SHARE = `${COUNT}
local digest = field(KEYS[1], 'digest')
local there = field(KEYS[1], '@' .. ARGV[1])
if digest and digest ~= ARGV[4] then return { 'elsewhere' } end
if there then return { there == ARGV[5] and 'there' or 'elsewhere' } end
if not digest then redis.call('HSET', KEYS[1], 'bodies', ARGV[3], 'digest', ARGV[4]) end
redis.call('HSET', KEYS[1], '@' .. ARGV[1], ARGV[5])
local entry = read(ARGV[5])
add(KEYS[2], ARGV[1], 'count', entry.count)
add(KEYS[2], ARGV[1], 'bytes', entry.bytes)
add(KEYS[2], ARGV[1], 'dead', entry.dead)
if entry.state == 'held' then
  add(KEYS[2], ARGV[1], 'held', entry.count)
  redis.call('RPUSH', KEYS[3], ARGV[2])
end
return { 'put' }`;

/**
 * Copies one output's share of stored bodies to another shard. Resolves to their id there. Undefined: the output
 * needs them no more. May run again.
 */
export async function copyShare(from: Access, to: Access, { id, output }: { id: string; output: string }) {
  const [blob, digest, entry] = await from.redis.hmgetBuffer(bodiesKey(from.prefix, id), 'bodies', 'digest', `@${output}`);
  if (!blob || !digest || !entry) return undefined;
  const put = async (as: string, text: string | Buffer) => {
    const keys = [bodiesKey(to.prefix, as), backlogKey(to.prefix), heldKey(to.prefix, output)];
    const [answer] = await createRunScript(to.redis)(PUT_SHARE, keys, [output, as, blob, digest, text]);
    return answer !== 'elsewhere';
  };
  if (await put(id, entry)) return id;
  // Another shard's batch of this name is here: outputs with a limit have all of theirs in one shard.
  const own = parseStored(entry);
  const batch = share.Check(own) ? (own.batch ?? id) : id;
  const other = batchPartId(batch, bodyDigest(`${from.prefix} ${id}`));
  await put(other, share.Check(own) ? JSON.stringify({ ...own, batch }) : entry);
  return other;
}
