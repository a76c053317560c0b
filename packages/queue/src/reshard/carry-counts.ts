import { createRunScript } from '@ringback/redis';
import { routeCountKeys } from '../callbacks/route-counts.ts';
import { backlogKey } from '../deliveries/bodies/keys.ts';
import type { ShardPlace } from './place.ts';

const doneKey = (to: ShardPlace, from: ShardPlace) => `${to.prefix}:reshard:counts:${from.number}`;

/** KEYS what was added, hash · ARGV name of the hash, fields and values. Adds each once, however often it is run. */
const ADD = `
for i = 2, #ARGV, 2 do
  if redis.call('HSETNX', KEYS[1], ARGV[1] .. ' ' .. ARGV[i], ARGV[i + 1]) == 1 then
    redis.call('HINCRBY', KEYS[2], ARGV[i], ARGV[i + 1])
  end
end
return {}`;

/** Adds what a shard that goes away has counted to the counts of another one. May be cut off and run again. */
export async function carryCounts(from: ShardPlace, to: ShardPlace): Promise<void> {
  const hashes = [...Object.values(routeCountKeys('')), backlogKey('')];
  for (const name of hashes) {
    const counts = Object.entries(await from.redis.hgetall(`${from.prefix}${name}`)).filter(
      // The others follow the deliveries.
      ([field]) => name !== backlogKey('') || field.endsWith('.dropped'),
    );
    if (counts.length === 0) continue;
    await createRunScript(to.redis)(ADD, [doneKey(to, from), `${to.prefix}${name}`], [name, ...counts.flat()]);
    await to.confirm();
    await from.redis.hdel(`${from.prefix}${name}`, ...counts.map(([field]) => field));
  }
  await to.redis.del(doneKey(to, from));
}
