import { historyFacts } from '../history-facts.ts';
import type { Scenario } from '../scenario.ts';
import { killAtRandom } from './kill-at-random.ts';

export const killHistory: Scenario = {
  name: 'kill-history',
  breaks: 'SIGKILL of workers with a history at random instants: while they hand over, and while they write',
  loss: 'zero',
  setup: { workers: 2, history: true, pace: { senders: 16, pauseMs: { min: 0, max: 10 } } },
  break: (world) => killAtRandom(world, world.workers),
  async check({ callbacks, delivered }, world) {
    const history = await historyFacts(world);
    return [
      ...(history.missing > 0 ? [`the history has gaps of ${history.missing} callbacks, and there was room`] : []),
      // What was not acked may have been queued all the same.
      ...(history.callbacks < callbacks ? [`${callbacks} callbacks were acked, and the history has ${history.callbacks}`] : []),
      ...(history.delivered < delivered ? [`${delivered} were delivered, and the history says ${history.delivered}`] : []),
    ];
  },
};
