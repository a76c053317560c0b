import type { GapRow, TaskStory, TaskSummary } from '@ringback/history';
import { missingInWords, reconcile } from '@ringback/operations';
import { table } from '../terminal/table.ts';

const HEADINGS = ['TASK', 'YOUR ID', 'STATE', 'ORDERS', 'FINISHED', 'CAME', 'CALLS', 'CAME', 'LAST CALLBACK'];
const MOST_CHANGES = 20;

const iso = (time: number) => new Date(time).toISOString();
const orUnknown = (count: number | undefined) => String(count ?? '?');

export function summaryLines(tasks: readonly TaskSummary[]): string[] {
  return table(HEADINGS, tasks.map(rowOf));
}

function rowOf({ task, userTask = '', progress, received, lastAt }: TaskSummary): string[] {
  const { state = '?', orders, ordersFinished, calls } = progress ?? {};
  const ofOrders = [orders, ordersFinished].map(orUnknown);
  const came = [String(received.ordersFinished), orUnknown(calls), String(received.calls)];
  return [task, userTask, state, ...ofOrders, ...came, iso(lastAt)];
}

export function summaryJson({ firstAt, lastAt, ...task }: TaskSummary): object {
  return { ...task, firstAt: iso(firstAt), lastAt: iso(lastAt) };
}

export function storyLines(story: TaskStory, gaps: readonly GapRow[]): string[] {
  const { task, userTask, source, account, firstAt, lastAt, history, received } = story;
  const changes = history
    .slice(-MOST_CHANGES)
    .map(({ at, state, ...counters }) => [
      iso(at),
      state,
      ...[counters.orders, counters.ordersFinished, counters.ordersAnswered, counters.calls, counters.callsAnswered].map(
        orUnknown,
      ),
    ]);
  const heading = ['AT', 'STATE', 'ORDERS', 'FINISHED', 'ANSWERED', 'CALLS', 'ANSWERED'];
  return [
    `task ${task}${userTask === undefined ? '' : ` (your ${userTask})`} of source ${source}, account ${account}`,
    `callbacks from ${iso(firstAt)} to ${iso(lastAt)}`,
    ...(history.length === 0 ? [] : table(heading, changes)),
    `came: ${received.orders} orders with their own callback, ${received.ordersFinished} of them finished; ${received.calls} calls`,
    ...missingInWords(story, reconcile(story, gaps)),
    '',
  ];
}

export function storyJson(story: TaskStory, gaps: readonly GapRow[]): object {
  const { history, ordersMissing, ordersMissingCount, ...summary } = story;
  const reconciled = reconcile(story, gaps);
  const { asOf, orders, calls, unnamedOrders, never } = reconciled;
  const missing = {
    asOf: asOf === undefined ? undefined : iso(asOf),
    orders,
    calls,
    named: ordersMissing,
    namedCount: ordersMissingCount,
    unnamedOrders,
    never,
    gaps: reconciled.gaps.map(({ from, to, callbacks, reason }) => ({ from: iso(from), to: iso(to), callbacks, reason })),
    inWords: missingInWords(story, reconciled),
  };
  return { ...summaryJson(summary), history: history.map(({ at, ...progress }) => ({ at: iso(at), ...progress })), missing };
}
