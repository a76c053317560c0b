import { bodyDigest, RingbackError, StoredShare } from '@ringback/contracts';
import { createRunScript } from '@ringback/redis';
import type { Redis } from 'ioredis';
import type { Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { batchPartId } from '../../bullmq/names.ts';
import { parseStored } from './blob.ts';
import { backlogKey, bodiesKey, heldKey } from './keys.ts';
import { COUNT } from './scripts.ts';

const share = Compile(StoredShare);

type Access = { readonly redis: Redis; readonly prefix: string };

/** A name that others have is followed by another one. */
const NAMES = 10;

/**
 * KEYS bodies, backlog, held list · ARGV output, id, blob, digest, entry; damaged bodies have an empty blob or digest
 * → `put`, `there` if it was put before, or `elsewhere` if something else stands here.
 */
const PUT_SHARE = `${COUNT}
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' and kind ~= 'hash' then return { 'elsewhere' } end
local digest = field(KEYS[1], 'digest') or ''
local blob = field(KEYS[1], 'bodies') or ''
local there = field(KEYS[1], '@' .. ARGV[1])
if kind == 'hash' and digest ~= ARGV[4] then return { 'elsewhere' } end
if kind == 'hash' and digest == '' and blob ~= ARGV[3] then return { 'elsewhere' } end
if there then return { there == ARGV[5] and 'there' or 'elsewhere' } end
if ARGV[3] ~= '' then redis.call('HSETNX', KEYS[1], 'bodies', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('HSETNX', KEYS[1], 'digest', ARGV[4]) end
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

type Carried = {
  readonly id: string;
  readonly output: string;
  /** What names the share here. */
  readonly by: 'job' | 'held list';
  /** Of a value that is not of our making: it stays where it is. */
  readonly foreign: (key: string) => void;
};

/**
 * Copies one output's share of stored bodies to another shard, damaged ones as they are: a worker sets them aside.
 * Resolves to their id there. Undefined: the output needs them no more. May run again.
 * @throws RingbackError RB_JOB_ID_TAKEN
 */
export async function copyShare(from: Access, to: Access, { id, output, by, foreign }: Carried): Promise<string | undefined> {
  const key = bodiesKey(from.prefix, id);
  const { blob, digest, entry } = await readShare(from.redis, key, output);
  if (entry === 'foreign') foreign(key);
  if (entry === undefined) return undefined;
  // Without a blob, it is read as damaged.
  const text = entry === 'foreign' ? JSON.stringify({ state: by === 'job' ? 'queued' : 'held', count: 0, bytes: 0 }) : entry;
  const own = shareOf(text);
  const put = async (as: string, value: string | Buffer) => {
    const keys = [bodiesKey(to.prefix, as), backlogKey(to.prefix), heldKey(to.prefix, output)];
    const [answer] = await createRunScript(to.redis)(PUT_SHARE, keys, [output, as, blob, digest, value]);
    return answer === 'put' || answer === 'there';
  };
  if (await put(id, text)) return id;
  // Another shard's batch of this name is here: outputs with a limit have all of theirs in one shard.
  const batch = own?.batch ?? id;
  for (let number = 1; number < NAMES; number += 1) {
    const other = batchPartId(batch, bodyDigest(number === 1 ? `${from.prefix} ${id}` : `${from.prefix} ${id} ${number}`));
    if (await put(other, own ? JSON.stringify({ ...own, batch }) : text)) return other;
  }
  throw new RingbackError('RB_JOB_ID_TAKEN', `other bodies have all names for ${key} of output ${output}: it stays there`);
}

const NOTHING = Buffer.alloc(0);

async function readShare(redis: Redis, key: string, output: string) {
  const read = redis.hmgetBuffer(key, 'bodies', 'digest', `@${output}`);
  const fields = await read.catch((error: unknown) => {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return 'foreign' as const;
    throw error;
  });
  if (fields === 'foreign') return { blob: NOTHING, digest: NOTHING, entry: fields };
  const [blob, digest, entry] = fields;
  return { blob: blob ?? NOTHING, digest: digest ?? NOTHING, entry: entry ?? undefined };
}

/** Undefined: a damaged one. */
function shareOf(text: string | Buffer): Static<typeof StoredShare> | undefined {
  try {
    const own = parseStored(Buffer.from(text));
    return share.Check(own) ? own : undefined;
  } catch {
    return undefined;
  }
}
