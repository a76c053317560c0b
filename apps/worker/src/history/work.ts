import type { Config } from '@ringback/config';
import type { Logger } from '@ringback/contracts';
import type { HistoryStore, SubjectsOf } from '@ringback/history';
import type { RedisClock, Shard } from '@ringback/redis';
import type { Redis } from 'ioredis';

/** Of the settings, what the thread works by. Outputs without what their type needs: it holds secrets. */
export type HistoryConfig = Pick<Config, 'redis' | 'dedupe' | 'worker' | 'quarantine' | 'privacy'> & {
  readonly history: NonNullable<Config['history']>;
  readonly outputs: readonly Pick<Config['outputs'][number], 'name' | 'type' | 'delivery'>[];
};

/** What all loops of the thread share. */
export type HistoryWork = {
  readonly config: HistoryConfig;
  readonly store: HistoryStore;
  readonly subjectsOf: SubjectsOf;
  /** Names this process in Redis: the same in each life of the thread. */
  readonly consumer: string;
  readonly stop: AbortSignal;
  /** The worker's lane has something to feed. */
  readonly wake: (output: string, shard: number) => void;
  /** Tells the worker what the history does not get. */
  readonly dropped: (dropped: { readonly callbacks: number; readonly attempts: number }) => void;
  readonly logger: Logger;
};

/** One shard that this process serves. */
export type HistoryShard = HistoryWork & {
  readonly shard: Shard;
  readonly number: number;
  /** A connection of its own. It is closed after the last loop has ended. */
  readonly connect: (name: string) => { readonly redis: Redis; readonly clock: RedisClock };
};
