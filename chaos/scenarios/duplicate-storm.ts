import type { Scenario } from '../scenario.ts';

export const duplicateStorm: Scenario = {
  name: 'duplicate-storm',
  breaks: 'nine of ten callbacks are repeats, to two ingresses with three workers',
  loss: 'zero',
  setup: { ingresses: 2, workers: 3, repeats: 0.9 },
  break: ({ pass }) => pass(15_000),
  check: ({ duplicates, refused, unanswered }) => [
    ...(duplicates === 0 ? [] : [`${duplicates} arrived twice, though nothing crashed`]),
    ...(refused + unanswered === 0 ? [] : [`${refused + unanswered} were not acked, though nothing was broken`]),
  ],
};
