import { callbackKey, homeShardOf, shardOf } from '@ringback/contracts';
import { createRestKept, type RestStore } from '@ringback/history';
import { createDeliveryProducer, type KeptStore, replayQuarantined } from '@ringback/queue';
import type { Reached } from '../reach/with-redis.ts';

type Quarantine = Pick<Parameters<typeof replayQuarantined>[0], 'read' | 'release'>;
type Options = {
  readonly place: keyof typeof KINDS;
  readonly reached: Reached;
  readonly rest: RestStore;
  readonly quarantine: Quarantine;
};

const UNSPENT = { attempts: 0, uncounted: 0 };
const KINDS = { 'dead-letters': ['dead-letter'], quarantine: ['quarantine', 'unrouted'] } as const;

/** What rests in the history. A replay brings it back to the shard where it belongs today. */
export function openRestKept({ place, reached, rest, quarantine }: Options): KeptStore {
  const shardAt = (number: number) => reached.reached.find((shard) => shard.number === number);

  return createRestKept({
    rest,
    kinds: KINDS[place],
    replays: {
      async delivery({ batch, output, callback }) {
        const target = reached.settings.outputs.find(({ name }) => name === output);
        if (!target) return `RB_OUTPUT_REMOVED: its output ${output} is not in the settings: put it back`;
        const alone = target.delivery.rateLimit !== undefined;
        const number = alone ? homeShardOf(output, reached.count) : shardOf(callbackKey(callback), reached.count);
        const shard = shardAt(number);
        if (!shard) return `shard ${number} is away`;
        const producer = createDeliveryProducer({ ...shard, output, delivery: target.delivery, nearlyFull: () => false });
        try {
          // Its job names batch, callback and output: queued twice it is the same one.
          await producer.addFailed({ batch, callback, outcome: 'retry', spent: UNSPENT, waitMs: 0 });
          return undefined;
        } finally {
          await producer.close();
        }
      },
      async callback(entry) {
        const number = shardOf(callbackKey(entry), reached.count);
        const shard = shardAt(number);
        return shard ? replayQuarantined({ ...shard, ...quarantine }, entry) : `shard ${number} is away`;
      },
    },
  });
}
