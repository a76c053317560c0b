import { bodyDigest, type Callback, callbackKey, homeShardOf, RingbackError, shardOf } from '@ringback/contracts';
import { batchPartId, type Bodies } from '@ringback/queue';

/** `limited`: Redis counts its rate limit, on one shard. */
export type ReplayOutput = { readonly name: string; readonly limited: boolean };

/** A shard, as a replay writes to it. */
export type EnqueuePlace = {
  readonly bodies: Pick<Bodies, 'store'>;
  /** Waits until what was written there meets `redis.durability`. */
  readonly confirm: () => Promise<void>;
};

/** What a shard is to hold. */
type Share = { readonly output: string; readonly callbacks: readonly Callback[] };
type Routed = { readonly callback?: Callback | undefined; readonly to: readonly string[] };

/** By the number of the shard in which the output has its lane for a callback. */
export function sharesOf(routed: readonly Routed[], outputs: readonly ReplayOutput[], shards: number): Map<number, Share[]> {
  const all = routed.flatMap(({ callback, to }) => {
    if (callback === undefined) return [];
    return outputs
      .filter(({ name }) => to.includes(name))
      .map(({ name, limited }) => {
        const shard = limited ? homeShardOf(name, shards) : shardOf(callbackKey(callback), shards);
        return { shard, output: name, callback };
      });
  });
  const perShard = new Map<number, Share[]>();
  for (const [shard, own] of Map.groupBy(all, (one) => one.shard)) {
    const perOutput = [...Map.groupBy(own, ({ output }) => output)];
    perShard.set(
      shard,
      perOutput.map(([output, some]) => ({ output, callbacks: some.map(({ callback }) => callback) })),
    );
  }
  return perShard;
}

/**
 * Adds the deliveries to what each output holds, from where its workers feed their queue. Ids derive from the batch:
 * it may be cut off and run again, and what was delivered meanwhile stays so.
 * @throws RingbackError RB_JOB_ID_TAKEN, or why Redis did not take or keep it
 */
export async function enqueue(
  places: readonly EnqueuePlace[],
  { batch, shares }: { readonly batch: string; readonly shares: ReadonlyMap<number, readonly Share[]> },
): Promise<void> {
  const add = async ([shard, own]: readonly [number, readonly Share[]]) => {
    const place = places[shard];
    if (place === undefined) throw new RangeError(`there is no shard ${shard}`);
    const rest = await store(place, { id: batch, batch, shares: own });
    // Bodies of other content stand there: some were removed from the history between two runs.
    if (rest.length > 0 && (await store(place, { id: batchPartId(batch, digestOf(rest)), batch, shares: rest })).length > 0)
      throw new RingbackError('RB_JOB_ID_TAKEN', `other bodies stand under an id of batch ${batch}`);
    await place.confirm();
  };
  await Promise.all([...shares].map(add));
}

type Stored = { readonly id: string; readonly batch: string; readonly shares: readonly Share[] };

/** Resolves to what must be stored elsewhere. */
async function store({ bodies }: EnqueuePlace, { shares, ...named }: Stored): Promise<Share[]> {
  const held = shares.map((share) => ({ ...share, state: 'held', beyond: 'held' }) as const);
  const answers = await bodies.store({ ...named, again: true, compact: true, shares: held });
  return shares.filter((_, index) => answers[index]?.state === 'elsewhere');
}

function digestOf(shares: readonly Share[]): string {
  return bodyDigest(shares.map(({ output, callbacks }) => [output, ...callbacks.map(callbackKey)].join(' ')).join('\n'));
}
