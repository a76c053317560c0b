import type { Scenario } from '../scenario.ts';
import type { World } from '../world.ts';

/** ms. With `everysec`, a write may wait two seconds for a running sync. */
const EVERYSEC_WITHIN_MS = 2000;

async function killRedis({ redis, size, moment }: World, onKill: () => void): Promise<void> {
  for (let kill = 0; kill < (size === 'full' ? 8 : 2); kill += 1) {
    await moment(2500);
    await redis.kill();
    onKill();
    await moment(1000);
    await redis.start();
  }
  await moment(2000);
}

export const killRedisAlways: Scenario = {
  name: 'kill-redis-always',
  breaks: 'SIGKILL of Redis at random instants; append-only file, fsync always',
  loss: 'zero',
  setup: { ingresses: 2, workers: 2 },
  break: (world) => killRedis(world, () => {}),
};

export const killRedisEverysec: Scenario = {
  name: 'kill-redis-everysec',
  breaks: 'SIGKILL of Redis at random instants; append-only file, fsync everysec: what was acked within the last 2 s may go',
  loss: 'bounded',
  setup: { ingresses: 2, workers: 2, redis: { appendfsync: 'everysec' } },
  break: (world) => killRedis(world, () => world.mayLose(performance.now() - EVERYSEC_WITHIN_MS)),
};
