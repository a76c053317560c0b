import type { Scenario } from '../scenario.ts';
import { killAtRandom } from './kill-at-random.ts';

export const killIngress: Scenario = {
  name: 'kill-ingress',
  breaks: 'SIGKILL of an ingress at random instants, and a new one in its place',
  loss: 'zero',
  setup: { ingresses: 2 },
  break: (world) => killAtRandom(world, world.ingresses),
};
