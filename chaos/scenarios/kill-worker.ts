import type { Scenario } from '../scenario.ts';
import { killAtRandom } from './kill-at-random.ts';

export const killWorker: Scenario = {
  name: 'kill-worker',
  breaks: 'SIGKILL of a worker at random instants, and a new one in its place',
  loss: 'zero',
  setup: { workers: 2 },
  break: (world) => killAtRandom(world, world.workers),
};
