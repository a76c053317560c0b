import { partOfShard, SILENT } from '@ringback/contracts';
import { createRoom, type EnqueuePlace, type Room, type RoomPlace } from '@ringback/operations';
import { type BacklogBound, createBodies } from '@ringback/queue';
import { createRedisWatch } from '@ringback/redis';
import { confirmAt } from '../terminal/confirm-at.ts';
import type { ReachedShard } from '../reach/shards.ts';
import type { Reached } from '../reach/with-redis.ts';

export type ReplayPlaces = {
  /** By number. */
  readonly places: readonly (EnqueuePlace & RoomPlace)[];
  readonly room: Room;
  readonly close: () => void;
};

/** @throws RingbackError if a shard takes no write, or keeps it less safely than `redis.durability` asks for */
export async function openReplayPlaces(reached: Reached, signal: AbortSignal): Promise<ReplayPlaces> {
  const { settings, count } = reached;
  const opened = reached.reached.map((shard) => openPlace(reached, shard));
  const close = () => opened.forEach((one) => one.watch.close());
  try {
    await Promise.all(opened.map(({ check }) => check()));
  } catch (error) {
    close();
    throw error;
  }
  const places = opened.map(({ place }) => place).toSorted((a, b) => a.number - b.number);
  const bound = createBounds(settings.outputs, count);
  return { places, room: createRoom({ places, bound, signal, now: () => performance.now() }), close };
}

/** What an output may have in one shard. One with a rate limit is in a single shard, which has the whole of its bound. */
function createBounds(outputs: Reached['settings']['outputs'], shards: number): (output: string) => BacklogBound {
  return (output) => {
    const delivery = outputs.find(({ name }) => name === output)?.delivery;
    const { max, maxCount } = delivery?.backlog ?? {};
    const inShard = (whole: number) => (delivery?.rateLimit === undefined ? partOfShard(whole, shards) : whole);
    return {
      bytes: max !== undefined && 'bytes' in max ? inShard(max.bytes) : undefined,
      held: maxCount === undefined ? undefined : inShard(maxCount),
    };
  };
}

function openPlace({ settings, count }: Reached, shard: ReachedShard) {
  const { number, redis, prefix } = shard;
  const watch = createRedisWatch({ ...settings.redis, redis, prefix, now: () => performance.now(), logger: SILENT });
  async function full(): Promise<string | undefined> {
    await watch.look();
    if (watch.overloaded() === undefined) return undefined;
    return `Redis${count === 1 ? '' : ` of shard ${number}`} is as full as it may be for callbacks to be taken (redis.overload)`;
  }
  async function check(): Promise<void> {
    await Promise.all([watch.look(), watch.probe()]);
    const unfit = watch.refused() ?? watch.unmet();
    if (unfit) throw unfit;
  }
  const confirm = confirmAt({ ...settings.redis, redis, watch });
  return { watch, check, place: { number, redis, prefix, bodies: createBodies(shard), confirm, full } };
}
