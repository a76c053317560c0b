import { type ErrorCode, RingbackError } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { createRunScript } from './run-script.ts';

/** The number of shards that Redis is used with. `to`: what it is being changed to. `moving`: no worker may run. */
export type ShardCount = { readonly shards: number; readonly to?: number; readonly moving?: boolean };

type Access = {
  readonly redis: Redis;
  /** Of shard 0. */
  readonly prefix: string;
  /** Keys that exist once there were callbacks. Before there was a number to write down, it was 1. */
  readonly usedBy: readonly string[];
};

export const shardCountKey = (prefix: string) => `${prefix}:shards`;

/** `8`, `8>16` while callbacks are drained, `8>16 moving` from then on. */
export function shardCountText({ shards, to, moving }: ShardCount): string {
  return to === undefined ? String(shards) : `${shards}>${to}${moving ? ' moving' : ''}`;
}

/** @throws RingbackError RB_REDIS_REFUSES if it is not of our making */
function parseShardCount(text: string): ShardCount {
  const [, shards, to, moving] = /^(\d+)(?:>(\d+)( moving)?)?$/.exec(text) ?? [];
  if (shards === undefined) throw new RingbackError('RB_REDIS_REFUSES', 'the number of shards in Redis cannot be read');
  return to === undefined ? { shards: Number(shards) } : { shards: Number(shards), to: Number(to), moving: moving !== undefined };
}

/** KEYS the number, keys of earlier use · ARGV ours → the number. In one step: another process may be starting. */
const NOTE = `
local known = redis.call('GET', KEYS[1])
if known then return { known } end
local shards = ARGV[1]
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then shards = '1' end
end
redis.call('SET', KEYS[1], shards)
return { shards }`;

/** Writes the number down at first use. */
export async function noteShardCount({ redis, prefix, usedBy }: Access, shards: number): Promise<ShardCount> {
  const [text] = await createRunScript(redis)(NOTE, [shardCountKey(prefix), ...usedBy], [String(shards)]);
  return parseShardCount(String(text));
}

/** Writes nothing. Undefined: this Redis is new. */
export async function readShardCount({ redis, prefix, usedBy }: Access): Promise<ShardCount | undefined> {
  const text = await redis.get(shardCountKey(prefix));
  if (text !== null) return parseShardCount(text);
  const used = await Promise.all(usedBy.map((key) => redis.exists(key)));
  return used.includes(1) ? { shards: 1 } : undefined;
}

/** KEYS the number · ARGV what it is now, what it becomes → 1 if that was so. */
const CHANGE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return { 0 } end
redis.call('SET', KEYS[1], ARGV[2])
return { 1 }`;

type Change = { readonly now: ShardCount; readonly next: ShardCount };

/** False if another process has changed it. */
export async function changeShardCount({ redis, prefix }: Pick<Access, 'redis' | 'prefix'>, { now, next }: Change) {
  const texts = [shardCountText(now), shardCountText(next)];
  const [changed] = await createRunScript(redis)(CHANGE, [shardCountKey(prefix)], texts);
  return changed === 1;
}

type Asking = { readonly app: 'ingress' | 'worker' | 'cli'; readonly shards: number };

/** Why a process with this number in its settings may not go on: RB_SHARDS_DIFFER or RB_RESHARDING. */
export function shardCountRefusal(count: ShardCount, { app, shards }: Asking): RingbackError | undefined {
  const { shards: used, to, moving } = count;
  if (to === undefined) return shards === used ? undefined : differs(shards, `Redis is used with ${used}`, [used]);
  if (shards !== used && shards !== to) return differs(shards, `Redis is being changed from ${used} to ${to}`, [used, to]);
  const change = `the number of shards is being changed from ${used} to ${to}`;
  if (app === 'ingress') return new RingbackError(RESHARDING, `${change}: send it again later`);
  if (shards === used && !moving) return undefined;
  return new RingbackError(RESHARDING, `${change}: wait until it is done. If it was cut off: ringback reshard --to ${to}`);
}

const RESHARDING: ErrorCode = 'RB_RESHARDING';

function differs(shards: number, what: string, [used, to]: readonly number[]): RingbackError {
  const own = `redis.shards of the settings is ${shards}, and ${what} (its key {<redis.prefix>:0}:shards says so)`;
  const ways = `Set redis.shards: ${to ?? used}; or change the number: ringback reshard --to ${shards}`;
  return new RingbackError('RB_SHARDS_DIFFER', `${own}. ${ways}`);
}
