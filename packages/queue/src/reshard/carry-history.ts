import { createRunScript, historyKeys } from '@ringback/redis';
import { needRoom, type ShardPlace } from './place.ts';

const ENTRIES_AT_ONCE = 20;
const COUNTED = ['callbacks', 'attempts'] as const;

/** KEYS state · ARGV bytes, then since, until, callbacks, attempts of what was dropped. */
const ADD = `
if tonumber(ARGV[1]) > 0 then redis.call('HINCRBY', KEYS[1], 'bytes', ARGV[1]) end
if ARGV[2] then
  redis.call('HSETNX', KEYS[1], 'since', ARGV[2])
  redis.call('HSET', KEYS[1], 'until', ARGV[3])
  redis.call('HINCRBY', KEYS[1], 'callbacks', ARGV[4])
  redis.call('HINCRBY', KEYS[1], 'attempts', ARGV[5])
end
return {}`;

/**
 * Moves the events of a shard that goes away to another one, the oldest first: any writer may write them. May be cut off
 * and run again: an event that is written twice changes nothing. Resolves to how many there were.
 */
export async function carryHistory(from: ShardPlace, to: ShardPlace): Promise<number> {
  const [old, own] = [historyKeys(from.prefix), historyKeys(to.prefix)];
  // Without a history its user may lack the rights for what follows.
  if ((await from.redis.exists(old.stream, old.state)) === 0) return 0;
  const add = createRunScript(to.redis);
  let carried = 0;
  for (;;) {
    const entries = await from.redis.xrange(old.stream, '-', '+', 'COUNT', ENTRIES_AT_ONCE);
    if (entries.length === 0) break;
    await needRoom(to);
    for (const [, fields] of entries) await to.redis.xadd(own.stream, '*', ...fields);
    const bytes = entries.flatMap(([, fields]) => fields).reduce((sum, field) => sum + Buffer.byteLength(field), 0);
    await add(ADD, [own.state], [String(bytes)]);
    await to.confirm();
    await from.redis.xdel(old.stream, ...entries.map(([id]) => id));
    carried += entries.length;
  }
  const { since, until, callbacks = '0', attempts = '0' } = await from.redis.hgetall(old.state);
  if (since !== undefined) {
    await add(ADD, [own.state], ['0', since, until ?? since, callbacks, attempts]);
    await to.confirm();
    await from.redis.hdel(old.state, 'since', 'until', ...COUNTED);
  }
  // With the consumers of workers that have ended.
  await from.redis.del(old.stream, old.state);
  return carried;
}
