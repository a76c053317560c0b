import { RingbackError, shardOf } from '@ringback/contracts';
import type { HistoryStore } from '@ringback/history';
import { refusalOf } from '@ringback/redis';
import type { Redis } from 'ioredis';

export type ShardPlace = { readonly number: number; readonly redis: Redis; readonly prefix: string };

/** What an operation may ask. Whoever calls it opens and closes this. */
export type Places = {
  /** How many shards the settings name. */
  readonly shardCount: number;
  readonly shards: readonly ShardPlace[];
  /** Undefined: the settings have none, or it is away. */
  readonly history: HistoryStore | undefined;
};

/** What could not be asked, each reason once. */
export type Missing = {
  /** Undefined if Redis or the history refuses. @throws what is a bug */
  ask<T>(what: string, work: () => Promise<T>): Promise<T | undefined>;
  all(): string[];
};

export function createMissing(known: readonly string[] = []): Missing {
  const reasons = new Set(known);
  return {
    async ask(what, work) {
      try {
        return await work();
      } catch (error) {
        const refusal = refusalOf(error) ?? error;
        if (!(refusal instanceof RingbackError)) throw error;
        reasons.add(`${what}: ${refusal.code}: ${refusal.message}`);
        return undefined;
      }
    },
    all: () => [...reasons],
  };
}

/** Undefined: it does not answer. */
export function placeOf({ shards, shardCount }: Pick<Places, 'shards' | 'shardCount'>, key: string): ShardPlace | undefined {
  const own = shardOf(key, shardCount);
  return shards.find(({ number }) => number === own);
}

export function shardName({ shardCount }: Pick<Places, 'shardCount'>, number: number): string {
  return shardCount === 1 ? 'Redis' : `shard ${number}`;
}
