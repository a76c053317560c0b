import { callbackKey } from '@ringback/contracts';
import type { HistoryFilter, HistoryStore } from '@ringback/history';
import { callID, orderID, taskID, userTaskID } from './bodies.ts';
import { callbackAt, type HistorySize, requestID } from './callbacks.ts';

/** A page, as the command line and the console ask for it. */
const PAGE = 50;

type Group = 'trace' | 'search' | 'count' | 'tasks';

export type Question = { readonly group: Group; readonly name: string; readonly ask: (turn: number) => Promise<number> };

type Asked = { readonly store: HistoryStore; readonly size: HistorySize };

/** Each resolves with how many it found. `turn` makes them ask for another one each time. */
export function questionsOf(asked: Asked): Question[] {
  return [...traces(asked), ...searches(asked), ...tasks(asked)];
}

function traces({ store, size }: Asked): Question[] {
  const { callbacks } = size;
  // A prime step, so that turns ask for callbacks far from one another.
  const at = (turn: number) => (turn * 104_729 + 12_345) % callbacks;
  const order = (turn: number) => Math.floor(at(turn) / 2);
  const key = (turn: number) => callbackAt(at(turn), size).key;
  const trace = async (id: string) => {
    const found = await store.find({ id }, { limit: PAGE, bodies: true });
    return (await store.stories(found)).length;
  };
  const ids: Readonly<Record<string, (turn: number) => string>> = {
    requestID: (turn) => requestID(at(turn)),
    'webhook-id': (turn) => `msg_${key(turn)}`,
    order: (turn) => orderID(order(turn)),
    call: (turn) => callID(order(turn)),
    task: (turn) => taskID({ number: turn % 3, orders: 0 }),
    "the customer's task": (turn) => userTaskID({ number: turn % 3, orders: 0 }),
    'an id that is not there': (turn) => callbackKey({ source: 'callbot', account: 'nobody', id: String(turn) }),
  };
  return Object.entries(ids).map(([name, id]) => ({ group: 'trace', name, ask: (turn) => trace(id(turn)) }));
}

function searches({ store, size }: Asked): Question[] {
  const { until, span } = size;
  const filters: Readonly<Record<string, HistoryFilter>> = {
    nothing: {},
    source: { source: 'callbot' },
    account: { account: callbackAt(0, size).callback.account },
    type: { type: 'callbot.order' },
    'a rare type': { type: 'callbot.task.completed' },
    'a pattern of types': { type: 'callbot.task.*' },
    'state delivered': { state: 'delivered' },
    'state dead': { state: 'dead' },
    'state parked': { state: 'parked' },
    'state unrouted': { state: 'unrouted' },
    'state purged (none)': { state: 'purged' },
    output: { output: 'crm' },
    'output (none)': { output: 'nowhere' },
    'output and state': { output: 'crm', state: 'dead' },
    reason: { reason: 'http 503' },
    'reason (none)': { reason: 'no such reason' },
    'an hour': { since: until - span / 2, until: until - span / 2 + 3_600_000 },
    task: { task: taskID({ number: 1, orders: 0 }) },
    'task and state': { task: taskID({ number: 1, orders: 0 }), state: 'dead' },
    'text that all have': { text: 'campaign-' },
    'text of one, old': { text: callID(10) },
    'text of none': { text: "no 'such' %text_" },
    'text of none, an hour': { text: "no 'such' %text_", since: until - 3_600_000 },
  };
  // The first page, or one from the middle.
  const afterOf = (turn: number) => turn % 2 === 1 && { after: { key: '', receivedAt: until - span / 2 } };
  return Object.entries(filters).flatMap(([name, filter]): Question[] => [
    {
      group: 'search',
      name,
      ask: async (turn) => (await store.find(filter, { limit: PAGE, bodies: true, ...afterOf(turn) })).length,
    },
    { group: 'count', name, ask: () => store.count(filter) },
  ]);
}

function tasks({ store }: Asked): Question[] {
  return [
    { group: 'tasks', name: 'the last 20', ask: async () => (await store.tasks(20)).length },
    {
      group: 'tasks',
      name: 'one of 100 000 orders',
      ask: async (turn) => (await store.task(taskID({ number: turn % 3, orders: 0 }))).length,
    },
    {
      group: 'tasks',
      name: 'one of 500 orders',
      ask: async (turn) => (await store.task(taskID({ number: 3 + (turn % 3), orders: 0 }))).length,
    },
  ];
}
