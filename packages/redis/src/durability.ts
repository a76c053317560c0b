import type { Durability } from '@ringback/contracts';
import type { RedisFacts } from './facts.ts';

/**
 * What Redis does, in one line for people:
 * `on disk within a second (appendonly yes, appendfsync everysec), noeviction, 0 replicas`.
 */
export function ackWorth(facts: RedisFacts, asked: Durability): string {
  const { policy = 'maxmemory-policy unknown', replicas } = facts;
  const held = asked === 'replica' ? ', and held by a replica' : '';
  return `${onDisk(facts, asked)}${held}, ${policy}, ${replicas} replica${replicas === 1 ? '' : 's'}`;
}

function onDisk({ appendonly, appendfsync, waitaof }: RedisFacts, asked: Durability): string {
  if (appendonly === undefined) return 'what this Redis keeps cannot be known (its INFO does not say)';
  if (!appendonly) return 'in the memory of Redis (appendonly no): a restart may lose it';
  if (asked === 'always' && waitaof) return `on disk (appendonly yes, WAITAOF, appendfsync ${appendfsync ?? 'unknown'})`;
  switch (appendfsync) {
    case 'always':
      return 'on disk (appendonly yes, appendfsync always)';
    case 'everysec':
      return 'on disk within a second (appendonly yes, appendfsync everysec)';
    case undefined:
      return 'on disk, when is not known (appendonly yes; CONFIG GET appendfsync is forbidden, everysec is usual)';
    default:
      return `on disk when the operating system writes it (appendonly yes, appendfsync ${appendfsync})`;
  }
}

/**
 * What Redis does less than `durability` asks, with the command that mends it. Undefined: nothing.
 * `noeviction` is always asked: eviction loses acked callbacks.
 */
export function unmetDurability(facts: RedisFacts, asked: Durability): string | undefined {
  if (facts.policy !== undefined && facts.policy !== 'noeviction') {
    return `maxmemory-policy is ${facts.policy}, which throws acked callbacks away; mend it: CONFIG SET maxmemory-policy noeviction`;
  }
  const lack = lackingFor(facts, asked);
  if (lack === undefined) return undefined;
  return `redis.durability is ${asked}, but ${lack.what}${asked === 'replica' ? '. ' : '; mend it: '}${lack.mend}`;
}

/** What is not done, and what mends it. */
type Lack = { readonly what: string; readonly mend: string };

const NO_AOF: Lack = { what: 'appendonly is not yes', mend: 'CONFIG SET appendonly yes' };

const NO_REPLICA: Lack = {
  what: 'no replica follows',
  mend: 'After a failover: start the old primary again, it follows then. To make a replica: REPLICAOF <host> <port> on it, in a cluster CLUSTER REPLICATE <node id>',
};

export function lackingFor(facts: RedisFacts, asked: Durability): Lack | undefined {
  const { appendonly, appendfsync, waitaof, replicas } = facts;
  switch (asked) {
    case 'memory':
      return undefined;
    case 'everysec':
      if (!appendonly) return NO_AOF;
      return appendfsync === 'no' ? { what: 'appendfsync is no', mend: 'CONFIG SET appendfsync everysec' } : undefined;
    case 'always':
      if (!appendonly) return NO_AOF;
      if (waitaof || appendfsync === 'always') return undefined;
      if (appendfsync === undefined)
        return { what: 'CONFIG GET appendfsync is forbidden', mend: 'ACL SETUSER <user> +config|get' };
      return { what: `appendfsync is ${appendfsync}`, mend: 'CONFIG SET appendfsync always' };
    case 'replica':
      return replicas > 0 ? undefined : NO_REPLICA;
    default:
      return asked satisfies never;
  }
}
