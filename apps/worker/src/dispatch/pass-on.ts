import { type Callback, type Logger, RingbackError } from '@ringback/contracts';
import { batchPartId, createBatchWriter, type TakenBatch } from '@ringback/queue';
import { allSettled } from '../all-settled.ts';
import type { WorkShard } from '../shard/shard.ts';

/** Callbacks of a batch, by the shard to which they belong. */
export type Elsewhere = ReadonlyMap<number, readonly Callback[]>;

/**
 * Writes callbacks to the shard to which they belong, as a batch of that shard. Its id derives from batch and
 * shard: a repetition is the same batch. @throws HandBack if a shard is away; the others have theirs then
 */
export function createPassOn({ shards, logger }: { readonly shards: readonly WorkShard[]; readonly logger: Logger }) {
  const writers = new Map<number, ReturnType<typeof createBatchWriter>>();

  function writerOf(shard: number, { access }: WorkShard) {
    const writer = writers.get(shard) ?? createBatchWriter(access);
    writers.set(shard, writer);
    return writer;
  }

  return async ({ id, replayed }: TakenBatch, elsewhere: Elsewhere): Promise<void> => {
    const pass = async ([to, callbacks]: readonly [number, readonly Callback[]]) => {
      const shard = shards[to];
      // Their number excludes this, but a callback MUST NOT get lost.
      if (shard === undefined) throw new RingbackError('RB_INTERNAL', `there is no shard ${to} to pass callbacks on to`);
      const part = { id: batchPartId(id, `${to}of${shards.length}`), callbacks, replayed };
      await shard.reach.write(() => writerOf(to, shard)(part));
      const requestIDs = callbacks.map((callback) => callback.id);
      logger.info({ batch: id, as: part.id, to, requestIDs }, 'callbacks passed on to their shard');
    };
    await allSettled([...elsewhere].map(pass));
  };
}
