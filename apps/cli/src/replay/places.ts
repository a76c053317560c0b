import { SILENT } from '@ringback/contracts';
import { createRoom, type EnqueuePlace, type Room, type RoomPlace } from '@ringback/operations';
import { sealStored } from '@ringback/privacy';
import { type BacklogBound, createBacklogBound, createBodies, parks } from '@ringback/queue';
import { createRedisWatch, sharingPrimary } from '@ringback/redis';
import { bodyCodec } from '../reach/opened-history.ts';
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
  const opened = reached.reached.map((shard) => openPlace(reached, shard));
  const close = () => opened.forEach((one) => one.watch.close());
  try {
    await Promise.all(opened.map(({ check }) => check()));
  } catch (error) {
    close();
    throw error;
  }
  const places = opened.map(({ place }) => place).toSorted((a, b) => a.number - b.number);
  const bound = createBounds(reached, opened);
  return { places, room: createRoom({ places, bound, signal, now: () => performance.now() }), close };
}

/** What an output may have in one shard: as workers bound it, once its `watch` has looked. */
function createBounds({ settings: config, count }: Reached, opened: readonly Opened[]) {
  const outputCount = () => config.outputs.length;
  const redises = opened.map(({ place }) => place.redis);
  const bounds = opened.map(({ place: { number, redis }, watch: { maxmemory } }) => {
    const ofOutputs = config.outputs.map((output) => {
      // What parks deliveries takes it as if all shards were on one primary.
      const sharing = () => (parks(config, output) ? count : sharingPrimary(redis, redises));
      const alone = output.delivery.rateLimit !== undefined;
      return [output.name, createBacklogBound({ redis: config.redis, outputCount, output, alone, maxmemory, sharing })] as const;
    });
    return [number, new Map(ofOutputs)] as const;
  });
  const perShard = new Map(bounds);
  return (output: string, shard: number): BacklogBound => perShard.get(shard)?.get(output)?.() ?? {};
}

type Opened = ReturnType<typeof openPlace>;

/** What the history gives is opened. */
function sealing(bodies: EnqueuePlace['bodies'], settings: Reached['settings']): EnqueuePlace['bodies'] {
  const { seal } = bodyCodec(settings);
  return { store: (stored) => bodies.store(sealStored(stored, seal)) };
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
  return { watch, check, place: { number, redis, prefix, bodies: sealing(createBodies(shard), settings), confirm, full } };
}
