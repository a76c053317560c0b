import { HandBack, type TakenBatch } from '@ringback/queue';
import type { ShardCountWatch } from '@ringback/redis';

const LOOK_AGAIN_MS = 500;

type Dispatch = (batch: TakenBatch) => Promise<void>;

/** Until the number of shards is known, nobody can tell where a callback belongs: its batch goes back to the queue. */
export function whileShardsAgree(dispatch: Dispatch, { refusal }: Pick<ShardCountWatch, 'refusal'>): Dispatch {
  return async (batch) => {
    if (refusal() !== undefined) throw new HandBack({ afterMs: LOOK_AGAIN_MS });
    await dispatch(batch);
  };
}
