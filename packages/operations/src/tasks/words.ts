import type { TaskStory } from '@ringback/history';
import type { Reconciled } from './reconcile.ts';

/** States after which no order and no call is expected. */
const ENDED = new Set(['completed', 'failed']);
const NAMED_AT_MOST = 20;

/** What is missing of a task, in sentences: what is known, and what is not. */
export function missingInWords(story: TaskStory, reconciled: Reconciled): string[] {
  const { asOf, never, gaps, orders, calls } = reconciled;
  const lines = [
    ...(asOf === undefined
      ? ['The task itself has told no counters: how many orders and calls there are is not known.']
      : orderWords(reconciled)),
    ...namedWords(reconciled),
    ...(calls !== undefined && calls.missing > 0 && !never.includes('calls') ? [callWords(calls)] : []),
    ...never.map(neverWords),
    ...gaps.map(
      ({ from, to, callbacks, reason }) =>
        `The history was not written from ${iso(from)} to ${iso(to)} (${reason}): ${callbacks} callbacks are not in it, and may be among these.`,
    ),
  ];
  if (asOf === undefined || story.progress === undefined) return lines;
  const nothing = (orders?.missing ?? 0) + (calls?.missing ?? 0) + reconciled.named.count === 0;
  const going = ENDED.has(story.progress.state) ? [] : ['The task goes on: callbacks may still be on their way.'];
  return nothing ? ['Nothing is missing of what the task has counted.', ...going] : [...lines, ...going];
}

function orderWords({ asOf = 0, orders, unnamedOrders, never }: Reconciled): string[] {
  if (orders === undefined || orders.missing === 0 || never.includes('orders')) return [];
  const { announced, received, missing } = orders;
  const said = `At ${iso(asOf)} the task counted ${announced} finished orders; ${received} came with their own callback: ${missing} are missing.`;
  if (unnamedOrders === 0) return [said];
  return [
    said,
    `Which ${unnamedOrders === missing ? 'they' : `${unnamedOrders} of them`} are is not known: no call names them, and the task only counts.`,
  ];
}

function namedWords({ named: { orders, count }, never }: Reconciled): string[] {
  if (count === 0 || never.includes('orders')) return [];
  const more = count - Math.min(orders.length, NAMED_AT_MOST);
  const list = `${orders.slice(0, NAMED_AT_MOST).join(', ')}${more > 0 ? ` and ${more} more (--json has up to 1000)` : ''}`;
  return [`Calls came, and not the order's own callback, of ${count === 1 ? 'order' : `${count} orders:`} ${list}.`];
}

function callWords({ announced, received, missing }: NonNullable<Reconciled['calls']>): string {
  return `The task counted ${announced} calls; ${received} came: ${missing} are missing. Which is not known: the task only counts.`;
}

function neverWords(what: 'orders' | 'calls'): string {
  const one = what === 'orders' ? 'order' : 'call';
  return `Not one ${one} callback came, though the task counts ${what}: perhaps its URL (${one}CallbackUrl) is not given for this task.`;
}

const iso = (time: number) => new Date(time).toISOString();
