import type { Scenario } from '../scenario.ts';

export const freezeRedis: Scenario = {
  name: 'freeze-redis',
  breaks: 'SIGSTOP of Redis for 15 s: connections stay open, nothing is answered',
  loss: 'zero',
  setup: { workers: 2 },
  async break({ redis, pass }) {
    await pass(3000);
    redis.pause();
    await pass(15_000);
    redis.resume();
    await pass(5000);
  },
  check: ({ refused }) => (refused > 0 ? [] : ['nothing was refused while Redis stood still']),
};
