import { createLedger } from '@ringback/ledger';
import { createBodies, createDropNoter } from '@ringback/queue';
import type { Redis } from 'ioredis';
import type { FanOutShard } from '../dispatch/fan-out.ts';

const WINDOW_MS = 60_000;

/** What fan-outs and lanes share in a shard with room. */
export function testShard({ redis, prefix }: { redis: Redis; prefix: string }, { tight = false } = {}): FanOutShard {
  const ledger = createLedger({ redis, prefix, window: WINDOW_MS });
  return {
    bodies: createBodies({ redis, prefix }),
    drop: createDropNoter({ redis, prefix, window: WINDOW_MS }),
    renew: (batch, outputs) => ledger.renew(batch, outputs),
    tight: () => tight,
    nearlyFull: () => false,
  };
}
