import { until } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { PREFIX } from './settings.ts';
import type { World } from './world.ts';

export type HistoryFacts = {
  readonly callbacks: number;
  readonly delivered: number;
  /** In gaps. */
  readonly missing: number;
};

/** Longer than it takes until a writer takes over what a dead one had. */
const WRITTEN_WITHIN_MS = 60_000;

/** What the history holds once nothing waits for it any more, and all is in a gap or a row. */
export async function historyFacts({ history, redis }: Pick<World, 'history' | 'redis'>): Promise<HistoryFacts> {
  if (history === undefined) throw new Error('this scenario has no history');
  const client = new Redis(redis.url);
  const store = await history.open();
  try {
    const isWritten = async () =>
      (await client.xlen(`${PREFIX}:history`)) === 0 && (await client.hlen(`${PREFIX}:history.state`)) === 0;
    await until(isWritten, { withinMs: WRITTEN_WITHIN_MS, what: () => 'the history to be written' }).catch(() => {});
    const [callbacks, delivered, { gaps }] = await Promise.all([
      store.count({}),
      store.count({ state: 'delivered' }),
      store.status(),
    ]);
    return { callbacks, delivered, missing: gaps.reduce((sum, gap) => sum + gap.callbacks, 0) };
  } finally {
    await store.close();
    client.disconnect();
  }
}
