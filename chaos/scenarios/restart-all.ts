import type { Scenario } from '../scenario.ts';

export const restartAll: Scenario = {
  name: 'restart-all',
  breaks: 'a storm of SIGTERM: every ingress and worker replaced over and over, the new one first',
  loss: 'zero',
  setup: { ingresses: 2, workers: 2 },
  async break({ ingresses, workers, random, size, moment }) {
    const slots = [...ingresses, ...workers];
    for (let round = 0; round < (size === 'full' ? 2 : 1); round += 1) {
      const start = random.int(0, slots.length - 1);
      for (const slot of [...slots.slice(start), ...slots.slice(0, start)]) {
        const code = await slot.replace();
        if (code !== 0) throw new Error(`${slot.name} ended with exit code ${code} after a SIGTERM`);
        await moment(300);
      }
    }
  },
  check: ({ refused, unanswered, duplicates }) => [
    ...(refused + unanswered === 0 ? [] : [`${refused + unanswered} were not acked during a rolling restart`]),
    ...(duplicates === 0 ? [] : [`${duplicates} arrived twice, though everything ended in order`]),
  ],
};
