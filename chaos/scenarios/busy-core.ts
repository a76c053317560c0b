import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { historyFacts } from '../history-facts.ts';
import type { Scenario } from '../scenario.ts';

const BUSY_MS = 30_000;
const SPINS = 'for (;;);';

const pace = { senders: 16, pauseMs: { min: 0, max: 10 } } as const;

const busyCore: Pick<Scenario, 'loss' | 'break' | 'notes'> = {
  loss: 'zero',
  async break(world) {
    await world.moment(1000);
    const spinning = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['-e', SPINS]));
    try {
      await world.pass(BUSY_MS);
    } finally {
      for (const child of spinning) child.kill('SIGKILL');
    }
  },
  notes: ({ waits: { median, p99 } }) => [`from the ack to the delivery: median ${median} ms, 99th percentile ${p99} ms`],
};

export const busyCoreWithHistory: Scenario = {
  ...busyCore,
  name: 'busy-core',
  breaks: 'other programs keep every core of the machine busy while a worker with a history has work',
  setup: { history: true, pace },
  async check({ callbacks, delivered, refusals }, world) {
    const history = await historyFacts(world);
    return [
      ...overloads(refusals),
      ...(history.missing > 0 ? [`the history has gaps of ${history.missing} callbacks, and there was room`] : []),
      ...(history.callbacks < callbacks ? [`${callbacks} callbacks were acked, and the history has ${history.callbacks}`] : []),
      ...(history.delivered < delivered ? [`${delivered} were delivered, and the history says ${history.delivered}`] : []),
    ];
  },
};

/** To compare with. */
export const busyCoreWithoutHistory: Scenario = {
  ...busyCore,
  name: 'busy-core-without-history',
  breaks: 'the same without a history',
  setup: { pace },
  check: ({ refusals }) => overloads(refusals),
};

/** An ingress without a core may answer too late for its sender: that is no fault of the history. */
function overloads({ RB_OVERLOADED: count = 0 }: Readonly<Record<string, number>>): string[] {
  return count > 0 ? [`${count} callbacks were refused by overload`] : [];
}
