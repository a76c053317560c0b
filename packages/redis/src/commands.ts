import type { Durability } from '@ringback/contracts';

/*
 * This file leans on the insides of BullMQ 6.7.0: which commands it sends, and which are in its scripts.
 * tests/least-acl.test.ts fails when that changes: it takes a callback from end to end as a user who may run
 * these commands and no others.
 */

/** Handshake commands need no permission (HELLO), or are done without (CLIENT SETNAME). */
const SENT = ['eval', 'evalsha', 'info', 'time', 'multi', 'exec', 'bzpopmin', 'scan', 'type'] as const;

/** In scripts, and some of them directly. */
const IN_SCRIPTS = `
  del exists expire get incr mget persist pexpire pttl rename set
  hdel hexists hget hgetall hincrby hkeys hlen hmget hmset hset hsetnx
  lindex llen lpop lpos lpush lrange lrem ltrim rpop rpoplpush rpush
  sadd scard smembers srem
  xadd xtrim
  zadd zcard zcount zpopmin zrange zrangebyscore zrem zremrangebyrank zremrangebyscore zrevrange zrevrangebyscore zscore`;

/** CONFIG GET is done without. */
export function neededCommands(durability: Durability): readonly string[] {
  return [
    ...SENT,
    ...IN_SCRIPTS.trim().split(/\s+/),
    ...(durability === 'replica' ? ['wait'] : []),
    ...(durability === 'always' ? ['waitaof'] : []),
  ];
}

/** What the history needs beside these, in scripts or directly. Without them callbacks and deliveries go on. */
export const HISTORY_COMMANDS = [
  'xack',
  'xautoclaim',
  'xdel',
  'xgroup',
  'xinfo',
  'xlen',
  'xrange',
  'xreadgroup',
  'xrevrange',
] as const;

/** As the write probe asks for them: Redis knows rights to a part of a command only by that part. */
export const HISTORY_PROBED: readonly string[] = HISTORY_COMMANDS.flatMap((command) => {
  if (command === 'xgroup') return ['xgroup|create'];
  return command === 'xinfo' ? ['xinfo|groups'] : [command];
});

/** Asked over connections of their own, to find the primary of a shard. */
const ON_A_CLUSTER = ['cluster|keyslot', 'cluster|slots'] as const;

/** What a user of the sentinels must be allowed. */
export const LEAST_SENTINEL_ACL = ['resetchannels', '-@all', '+sentinel|get-master-addr-by-name'] as const;

type LeastAcl = {
  readonly prefix: string;
  readonly durability: Durability;
  readonly cluster?: boolean;
  readonly history?: boolean;
};

/** The least rights of a Redis user for one shard: what follows `ACL SETUSER <user> on ><password>`. */
export function leastAcl({ prefix, durability, cluster = false, history = false }: LeastAcl): readonly string[] {
  const more = [...(history ? HISTORY_COMMANDS : []), ...(cluster ? ON_A_CLUSTER : [])];
  const commands = [...neededCommands(durability), ...more];
  return ['resetchannels', `~${prefix}:*`, '-@all', ...commands.map((command) => `+${command}`)];
}
