import { setTimeout as delay } from 'node:timers/promises';
import { type DeliveryProducer, HandBack, type TakenBatch } from '@ringback/queue';
import type { LaneFlow } from '../output/lane-flow.ts';

const LOOK_AGAIN_MS = 25;
const HOLD_FOR_MS = 10_000;
/** Jobs per output when the next batch may begin. */
const FEW = 4;
/** Bodies are stored, and in buffers of connection and script. */
const COPIES = 4;

export type HeadroomDeps = {
  readonly nearlyFull: () => boolean;
  /** Bytes until Redis is nearly full. */
  readonly room: () => number;
  readonly look: () => Promise<void>;
  readonly outputs: readonly { readonly producer: Pick<DeliveryProducer, 'pending'>; readonly flow: Pick<LaneFlow, 'flow'> }[];
  /** Bytes under way in all shards of the process: they may lie on the same primary. */
  readonly all?: { bytes: number };
  readonly stopping: AbortSignal;
  readonly now: () => number;
};

type Dispatch = (batch: TakenBatch) => Promise<void>;

/**
 * A full Redis stops BullMQ, and a fan-out takes memory before it frees any. So batches run at once only if
 * there is room for all. If Redis is nearly full, a batch waits until outputs that flow have few jobs; after
 * 10 s it goes back to the queue.
 */
export function withHeadroom(dispatch: Dispatch, deps: HeadroomDeps): Dispatch {
  const { nearlyFull, room, look, all = { bytes: 0 }, stopping, now } = deps;
  let underWay = 0;

  function add(bytes: number): void {
    underWay += bytes;
    all.bytes += bytes;
  }

  async function begins(bytes: number): Promise<boolean> {
    // Redis's last answer may be older than the last batch that ended.
    if (underWay > 0 && room() < 2 * (all.bytes + bytes)) await look();
    if (nearlyFull() && (await othersPending(deps))) return false;
    // A single batch of a shard always runs: only work makes room.
    if (underWay > 0 && all.bytes + bytes > room()) return false;
    add(bytes);
    return true;
  }

  return async (batch) => {
    const bytes = COPIES * batch.callbacks.reduce((sum, { body }) => sum + body.length, 0);
    const until = now() + HOLD_FOR_MS;
    while (!(await begins(bytes))) {
      if (stopping.aborted || now() >= until) throw new HandBack();
      await delay(LOOK_AGAIN_MS, undefined, { signal: stopping }).catch(() => {});
    }
    try {
      await dispatch(batch);
    } finally {
      add(-bytes);
    }
  };
}

async function othersPending({ outputs }: HeadroomDeps): Promise<boolean> {
  const flowing = outputs.filter(({ flow }) => flow.flow() === 'flowing');
  return (await Promise.all(flowing.map(({ producer }) => producer.pending()))).some((count) => count >= FEW);
}
