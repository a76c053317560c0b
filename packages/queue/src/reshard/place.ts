import { RingbackError } from '@ringback/contracts';
import type { Redis } from 'ioredis';

/** A shard, as `reshard` sees it. */
export type ShardPlace = {
  readonly number: number;
  readonly redis: Redis;
  readonly prefix: string;
  /** Waits until what was written meets `redis.durability`. MUST come before anything is removed elsewhere. */
  readonly confirm: () => Promise<void>;
  /** Asks its server. */
  readonly nearlyFull: () => Promise<boolean>;
};

/** What goes where. */
export type Plan = {
  /** By number: those of before and those of after. */
  readonly shards: readonly ShardPlace[];
  readonly from: number;
  readonly to: number;
  /** Where the deliveries of an output go that are in this shard. */
  readonly homeOf: (output: string, shard: number) => number;
};

export function placeAt({ shards }: Pick<Plan, 'shards'>, number: number): ShardPlace {
  const place = shards[number];
  if (place === undefined) throw new RangeError(`there is no shard ${number}`);
  return place;
}

/** Where goes what belongs to no callback alone. */
export const heirOf = (number: number, to: number) => number % to;

/** Before each page: a full Redis refuses what follows. @throws RingbackError RB_OVERLOADED */
export async function needRoom({ number, nearlyFull }: ShardPlace): Promise<void> {
  if (!(await nearlyFull())) return;
  const what = `the primary of shard ${number} is nearly full. Make room there (more memory, or another primary for its slots)`;
  throw new RingbackError('RB_OVERLOADED', `${what}, and run it again: it goes on`);
}
