import type { GapRow, TaskStory } from '@ringback/history';

/** What a task's own counters announced against what came. Undefined: it announced none, or nothing is comparable. */
type Announced = { readonly announced: number; readonly received: number; readonly missing: number };

export type Reconciled = {
  /** When the task last told its counters, ms. Undefined: never. */
  readonly asOf: number | undefined;
  /** Finished orders: each should have come with a callback of its own. */
  readonly orders: Announced | undefined;
  readonly calls: Announced | undefined;
  /** Orders that calls name and of which no callback of their own came. */
  readonly named: { readonly orders: readonly string[]; readonly count: number };
  /** Missing finished orders beyond those that are named: nothing that came tells which. */
  readonly unnamedOrders: number;
  /** Not one callback of an order, or of a call, came, though the task counts some. */
  readonly never: readonly ('orders' | 'calls')[];
  /** Parts of the history that were not written while the task ran: what is missing may be there. */
  readonly gaps: readonly GapRow[];
};

export function reconcile(story: TaskStory, gaps: readonly GapRow[]): Reconciled {
  const { progress, received, ordersMissing, ordersMissingCount, firstAt, lastAt } = story;
  const orders = against(progress?.ordersFinished, received.ordersFinished);
  const calls = against(progress?.calls, received.calls);
  return {
    asOf: story.history.at(-1)?.at,
    orders,
    calls,
    named: { orders: ordersMissing, count: ordersMissingCount },
    unnamedOrders: Math.max(0, (orders?.missing ?? 0) - ordersMissingCount),
    never: [
      ...(received.orders === 0 && (orders?.announced ?? 0) > 0 ? (['orders'] as const) : []),
      ...(received.calls === 0 && (calls?.announced ?? 0) > 0 ? (['calls'] as const) : []),
    ],
    gaps: gaps.filter(({ from, to }) => from <= lastAt && to >= firstAt),
  };
}

function against(announced: number | undefined, received: number): Announced | undefined {
  return announced === undefined ? undefined : { announced, received, missing: Math.max(0, announced - received) };
}
