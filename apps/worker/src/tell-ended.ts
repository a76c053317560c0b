import type { Callback, ErrorCode } from '@ringback/contracts';
import type { DeliveriesChanged, HistoryEvents } from './history/events.ts';
import type { WorkerTraces } from './traces.ts';

type EndedDeliveries = Omit<DeliveriesChanged, 'callbacks'> & {
  /** Absent: an attempt ended them, and its span says so. */
  readonly code?: ErrorCode | undefined;
  readonly callbacks: readonly (DeliveriesChanged['callbacks'][number] &
    Partial<Pick<Callback, 'type' | 'traceparent' | 'tracestate'>>)[];
};

/** Hears of deliveries that ended without an attempt. Never rejects. */
export type TellEnded = (ended: EndedDeliveries) => Promise<void>;

type Hearers = {
  readonly history?: Pick<HistoryEvents, 'changed'> | undefined;
  readonly traces?: Pick<WorkerTraces, 'ended'> | undefined;
};

/** Tells history and traces. Undefined: there is neither. */
export function tellingEnded({ history, traces }: Hearers): TellEnded | undefined {
  if (history === undefined && traces === undefined) return undefined;
  return async ({ code, ...ended }) => {
    const { callbacks, output, batch, state } = ended;
    if (code !== undefined) for (const callback of callbacks) traces?.ended({ callback, output, batch, state, code });
    await history?.changed(ended);
  };
}
