import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { until } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { historyFacts } from '../history-facts.ts';
import type { Scenario } from '../scenario.ts';
import { PREFIX } from '../settings.ts';
import type { World } from '../world.ts';

const LOCKED_MS = 20_000;
const FILLS_WITHIN_MS = 60_000;

export const fillHistory: Scenario = {
  name: 'fill-history',
  breaks: 'another program locks the file of the history until its buffer has been full for long; then lets go of it',
  loss: 'zero',
  setup: {
    workers: 2,
    history: { buffer: '256KiB' },
    pace: { senders: 16, pauseMs: { min: 0, max: 10 } },
  },
  async break(world) {
    await world.moment(2000);
    const file = new DatabaseSync(join(world.folder, 'history.sqlite'), { timeout: 20_000 });
    file.exec('BEGIN IMMEDIATE');
    try {
      await until(() => isDropping(world), { withinMs: FILLS_WITHIN_MS, what: () => 'the buffer to be full' });
      await world.pass(LOCKED_MS);
    } finally {
      file.exec('ROLLBACK');
      file.close();
    }
    await world.moment(3000);
  },
  async check({ callbacks, refused }, world) {
    const history = await historyFacts(world);
    const known = history.callbacks + history.missing;
    return [
      ...(refused > 0 ? [`${refused} callbacks were refused because the history was full`] : []),
      ...(history.missing === 0 ? ['the history shows no gap'] : []),
      ...(known < callbacks ? [`${callbacks} callbacks were acked, and the history and its gaps have ${known}`] : []),
    ];
  },
};

async function isDropping({ redis }: World): Promise<boolean> {
  const client = new Redis(redis.url);
  try {
    return (await client.hexists(`${PREFIX}:history.state`, 'callbacks')) === 1;
  } finally {
    client.disconnect();
  }
}
