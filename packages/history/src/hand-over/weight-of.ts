import type { HistoryEvent } from '../events.ts';

export type Weight = { readonly callbacks: number; readonly attempts: number };

/** What is lost with an event. Changes of deliveries count as attempts. */
export function weightOf(event: HistoryEvent): Weight {
  switch (event.kind) {
    case 'dispatched':
      return { callbacks: event.fateOf.length, attempts: 0 };
    case 'repeated':
      return { callbacks: event.repeats.length, attempts: 0 };
    case 'attempted':
      return { callbacks: 0, attempts: event.attempts.length };
    case 'changed':
      return { callbacks: 0, attempts: event.deliveries.length };
    case 'refused':
    case 'acted':
      return { callbacks: 0, attempts: 0 };
    default:
      return event satisfies never;
  }
}
