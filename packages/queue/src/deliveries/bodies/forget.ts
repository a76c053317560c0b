import { type Callback, RingbackError, StoredShare } from '@ringback/contracts';
import { createRunScript } from '@ringback/redis';
import type { Redis } from 'ioredis';
import type { Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { decodeBodies, encodeBodies, notOurs, parseStored } from './blob.ts';
import { backlogKey, bodiesKey, heldKey, referenceJobKey } from './keys.ts';
import { RELEASE_ONE } from './scripts.ts';

const share = Compile(StoredShare);
type Share = Static<typeof StoredShare>;

/** The stored bodies of a batch. They change only as a whole: places in the shares are places in the bodies. */
export type StoredShares = {
  readonly id: string;
  readonly batch: string;
  readonly callbacks: readonly Callback[];
  readonly digest: string;
  readonly shares: readonly { readonly output: string; readonly text: string; readonly own: Share }[];
};

/** What one output loses. `all`: nothing of its share is left. */
export type ForgottenShare = {
  readonly output: string;
  readonly state: Share['state'];
  readonly removed: readonly Callback[];
  readonly all: boolean;
};

/**
 * KEYS bodies, backlog, then held list and lock of the job of each output · ARGV new blob, digest as it was read, new
 * digest, id, number of outputs, then for each: name, entry as it was read, new entry (empty: it lets go), how many
 * fewer → `forgotten`, `under way` if a worker has a job, or `changed`.
 */
const FORGET = `${RELEASE_ONE}
local outputs = tonumber(ARGV[5])
if field(KEYS[1], 'digest') ~= ARGV[2] or redis.call('HLEN', KEYS[1]) ~= outputs + 2 then return { 'changed' } end
for i = 1, outputs do
  local output, was = unpack(ARGV, 2 + 4 * i, 3 + 4 * i)
  if field(KEYS[1], '@' .. output) ~= was then return { 'changed' } end
  if redis.call('EXISTS', KEYS[2 + 2 * i]) == 1 then return { 'under way' } end
end
redis.call('HSET', KEYS[1], 'bodies', ARGV[1], 'digest', ARGV[3])
for i = 1, outputs do
  local output, _, entry, fewer = unpack(ARGV, 2 + 4 * i, 5 + 4 * i)
  if entry == '' then
    release(KEYS[1], KEYS[2], KEYS[1 + 2 * i], output, ARGV[4])
  else
    redis.call('HSET', KEYS[1], '@' .. output, entry)
    add(KEYS[2], output, 'count', -tonumber(fewer))
    if read(entry).state == 'held' then add(KEYS[2], output, 'held', -tonumber(fewer)) end
  end
end
if outputs == 0 then redis.call('DEL', KEYS[1]) end
return { 'forgotten' }`;

type Access = { readonly redis: Redis; readonly prefix: string };

/** Undefined: gone. @throws RingbackError RB_PAYLOAD_INVALID or RB_PAYLOAD_NEWER */
export async function readShares({ redis, prefix }: Access, id: string): Promise<StoredShares | undefined> {
  const fields = await redis.hgetallBuffer(bodiesKey(prefix, id));
  if (Object.keys(fields).length === 0) return undefined;
  const { batch, callbacks } = await decodeBodies(fields['bodies'] ?? notOurs());
  const shares = Object.entries(fields).flatMap(([name, value]) => {
    if (!name.startsWith('@')) return [];
    const own = parseStored(value);
    return share.Check(own) ? [{ output: name.slice(1), text: value.toString(), own }] : notOurs();
  });
  return { id, batch, callbacks, digest: fields['digest']?.toString() ?? '', shares };
}

/** What each output would lose. */
export function forgottenShares({ callbacks, shares }: StoredShares, gone: ReadonlySet<Callback>): ForgottenShare[] {
  return shares.flatMap(({ output, own }) => {
    const its = placesOf(own, callbacks).flatMap((place) => callbacks[place] ?? []);
    const removed = its.filter((callback) => gone.has(callback));
    return removed.length === 0 ? [] : [{ output, state: own.state, removed, all: removed.length === its.length }];
  });
}

/**
 * Takes these callbacks out of the stored bodies, and lets go of shares of which nothing is left. `under way`: a worker
 * has a job of it. `changed`: it is no longer as it was read.
 */
export async function forgetStored(
  { redis, prefix }: Access,
  stored: StoredShares,
  gone: ReadonlySet<Callback>,
): Promise<'forgotten' | 'under way' | 'changed'> {
  const { id, batch, callbacks, digest, shares } = stored;
  const left = callbacks.filter((callback) => !gone.has(callback));
  const compact = shares.every(({ own }) => own.state !== 'queued');
  const blob = await encodeBodies(batch, left, compact);
  const args = shares.flatMap(({ output, text, own }) => {
    const places = placesOf(own, callbacks).filter((place) => !gone.has(callbacks[place] ?? notOurs()));
    const removed = placesOf(own, callbacks).length - places.length;
    return [output, text, shareWith(own, { places, callbacks, left }), String(removed)];
  });
  const keys = shares.flatMap(({ output }) => [heldKey(prefix, output), `${referenceJobKey(prefix, id, output)}:lock`]);
  const [answer] = await createRunScript(redis)(
    FORGET,
    [bodiesKey(prefix, id), backlogKey(prefix), ...keys],
    [blob.bytes, digest, blob.digest, id, String(shares.length), ...args],
  );
  if (answer === 'forgotten' || answer === 'under way' || answer === 'changed') return answer;
  throw new RingbackError('RB_INTERNAL', 'a script gave an answer that is not one of its own');
}

type Left = { readonly places: readonly number[]; readonly callbacks: readonly Callback[]; readonly left: readonly Callback[] };

/** Empty: nothing is left of it. Without the mark: who parks the share as it was MUST find it changed. */
function shareWith(own: Share & { mark?: unknown; markedAt?: unknown }, { places, callbacks, left }: Left): string {
  if (places.length === 0) return '';
  const { at, mark: _, markedAt: __, ...others } = own;
  const counted = { ...others, count: places.length };
  if (at === undefined) return JSON.stringify(counted);
  return JSON.stringify({ ...counted, at: places.map((place) => left.indexOf(callbacks[place] ?? notOurs())).join() });
}

function placesOf({ at }: Share, callbacks: readonly Callback[]): number[] {
  return at === undefined ? callbacks.map((_, place) => place) : at.split(',').map(Number);
}
