import type { Durability } from '@ringback/contracts';

/*
 * This file leans on the insides of BullMQ 6.7.0: which commands it sends, and which are in its scripts.
 * tests/least-acl.test.ts fails when that changes: it takes a callback from end to end as a user who may run
 * these commands and no others.
 */

/**
 * The commands that Ringback sends to Redis, itself and by way of BullMQ. Handshake commands need no
 * permission (HELLO), or are done without (CLIENT SETNAME).
 */
const SENT = ['eval', 'evalsha', 'info', 'time', 'multi', 'exec', 'bzpopmin', 'scan', 'type'] as const;

/** Within scripts, and some of them directly as well. */
const IN_SCRIPTS = `
  del exists expire get incr mget persist pexpire pttl rename set
  hdel hexists hget hgetall hincrby hkeys hlen hmget hmset hset hsetnx
  lindex llen lpop lpos lpush lrange lrem ltrim rpop rpoplpush rpush
  sadd scard smembers srem
  xadd xtrim
  zadd zcard zcount zpopmin zrange zrangebyscore zrem zremrangebyrank zremrangebyscore zrevrange zrevrangebyscore zscore`;

/**
 * In lower case, as ACL rules have them. WAITAOF is asked for only where the server knows it, and CONFIG GET
 * is done without.
 */
export function neededCommands(durability: Durability): readonly string[] {
  return [
    ...SENT,
    ...IN_SCRIPTS.trim().split(/\s+/),
    ...(durability === 'replica' ? ['wait'] : []),
    ...(durability === 'always' ? ['waitaof'] : []),
  ];
}

/**
 * The rules of a Redis user who may do what Ringback needs and nothing else: for `ACL SETUSER <user> on
 * ><password> …`.
 */
export function leastAcl({ prefix, durability }: { prefix: string; durability: Durability }): readonly string[] {
  return ['resetchannels', `~${prefix}:*`, '-@all', ...neededCommands(durability).map((command) => `+${command}`)];
}
