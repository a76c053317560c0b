import { createRunScript, HISTORY_OVERHEAD, historyKeys } from '@ringback/redis';
import { needRoom, type ShardPlace } from './place.ts';

const ENTRIES_AT_ONCE = 20;
const OPEN = ['since', 'until', 'callbacks', 'attempts'] as const;
const GAP = ['gap.from', 'gap.to', 'gap.callbacks', 'gap.attempts', 'gap'] as const;

/**
 * KEYS state · ARGV since, until, callbacks, attempts of what was dropped, and the id of its gap if that is being
 * written. Such a gap keeps its id if it can: it may be in the store already.
 */
const TAKE_OVER = `
if ARGV[5] then
  local gap = redis.call('HGET', KEYS[1], 'gap')
  if gap == ARGV[5] then return {} end
  if not gap then
    redis.call('HSET', KEYS[1], 'gap.from', ARGV[1], 'gap.to', ARGV[2], 'gap.callbacks', ARGV[3], 'gap.attempts', ARGV[4])
    redis.call('HSET', KEYS[1], 'gap', ARGV[5])
    return {}
  end
end
local open = redis.call('HMGET', KEYS[1], 'since', 'until')
if not open[1] or tonumber(open[1]) > tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'since', ARGV[1]) end
if not open[2] or tonumber(open[2]) < tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], 'until', ARGV[2]) end
redis.call('HINCRBY', KEYS[1], 'callbacks', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'attempts', ARGV[4])
return {}`;

/**
 * Moves the events of a shard that goes away to another one, the oldest first: any writer may write them. May be cut off
 * and run again: an event that is written twice changes nothing. Resolves to how many there were.
 */
export async function carryHistory(from: ShardPlace, to: ShardPlace): Promise<number> {
  const [old, own] = [historyKeys(from.prefix), historyKeys(to.prefix)];
  // Without a history its user may lack the rights for what follows.
  if ((await from.redis.exists(old.stream, old.state)) === 0) return 0;
  let carried = 0;
  for (;;) {
    const entries = await from.redis.xrange(old.stream, '-', '+', 'COUNT', ENTRIES_AT_ONCE);
    if (entries.length === 0) break;
    await needRoom(to);
    // Counted first: a crash between leaves the count too high, and never below what is freed later.
    await to.redis.hincrby(
      own.state,
      'bytes',
      entries.reduce((sum, [, fields]) => sum + bytesOf(fields), 0),
    );
    for (const [, fields] of entries) await to.redis.xadd(own.stream, '*', ...fields);
    await to.confirm();
    await from.redis.xdel(old.stream, ...entries.map(([id]) => id));
    carried += entries.length;
  }
  await carryDropped(from, to);
  // With the consumers of workers that have ended.
  await from.redis.del(old.stream, old.state);
  return carried;
}

/** As the writer counts it when it is done. What somebody else has put there was not counted. */
function bytesOf(fields: readonly string[]): number {
  const at = fields.findIndex((name, index) => index % 2 === 0 && name === 'e');
  const event = at < 0 ? undefined : fields[at + 1];
  return event === undefined ? 0 : Buffer.byteLength(event) + HISTORY_OVERHEAD;
}

async function carryDropped(from: ShardPlace, to: ShardPlace): Promise<void> {
  const [old, own] = [historyKeys(from.prefix).state, historyKeys(to.prefix).state];
  const takeOver = createRunScript(to.redis);
  for (const names of [GAP, OPEN]) {
    const [since, until, callbacks, attempts, gap] = await from.redis.hmget(old, ...names);
    if (typeof since !== 'string') continue;
    const numbers = [since, until ?? since, callbacks ?? '0', attempts ?? '0'];
    await takeOver(TAKE_OVER, [own], typeof gap === 'string' ? [...numbers, gap] : numbers);
    await to.confirm();
    await from.redis.hdel(old, ...names);
  }
}
