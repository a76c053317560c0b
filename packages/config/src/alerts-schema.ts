import { Bounded, Duration, PatternText, Section } from '@ringback/contracts';
import { Type } from 'typebox';

const wait = (value: string, description: string) => Bounded(Duration({ default: value, description }), { min: '1s', max: '7d' });

export const Alerts = Section(
  {
    to: Type.Array(Type.String(), {
      minItems: 1,
      uniqueItems: true,
      description: 'The outputs that are told. An alert about an output never goes to that output.',
    }),
    hold: wait(
      '30s',
      'How long a problem must last before it is told, and how long it must be away before it counts as resolved.',
    ),
    interval: wait('5m', 'The least time between two alerts about the same problem.'),
    waiting: wait('5m', 'How long something may wait before that is a problem.'),
    every: wait('15s', 'How often a worker looks.'),
    runbook: Type.Optional(
      PatternText({
        pattern: '^https?://.',
        words: 'a URL that begins with http:// or https://',
        description: 'Where your people read docs/runbook.md: alerts link its sections. Absent: they name them.',
      }),
    ),
  },
  { description: 'Tells a person of problems without Prometheus. Absent: nobody is told.' },
);
