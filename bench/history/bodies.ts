import { SENDER } from '../account.ts';

/** What a generated callback is about. */
export type Subject =
  | { readonly kind: 'call' | 'order'; readonly task: Task; readonly order: number }
  | { readonly kind: 'task'; readonly task: Task; readonly finished: number };

export type Task = { readonly number: number; readonly orders: number };

export const taskID = ({ number }: Task) => `T${700_000 + number}`;
export const userTaskID = ({ number }: Task) => `campaign-${number}`;
export const orderID = (order: number) => `O${10_000_000 + order}`;
export const callID = (order: number) => `C${20_000_000 + order}`;
export const phone = (order: number) => `1202${String(order).padStart(8, '0')}`;

const SAMPLE_AT = 1_700_000_000_000;
const IN_PROGRESS = 2;
const COMPLETED = 3;

const sample = (kind: string, status?: number) => SENDER.sample({ kind, at: SAMPLE_AT, serial: 1, status });

const ORDERS = { order: templateOf(sample('order')), call: templateOf(sample('call')) } as const;

/** As the provider's samples, with ids, counters and a phone number of their own. */
export function bodyOf(subject: Subject): string {
  if (subject.kind === 'task') return taskBody(subject);
  const { kind, task, order } = subject;
  const values: Readonly<Record<string, string>> = {
    task: taskID(task),
    userTask: userTaskID(task),
    order: orderID(order),
    call: callID(order),
    phone: phone(order),
  };
  return ORDERS[kind].replaceAll(/@(\w+)@/g, (_, name: string) => values[name] ?? '');
}

function templateOf(text: string): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the sample of an order, as the source writes it
  const order = JSON.parse(text) as { callInfoDetail: object };
  const audio = 'https://audio.example.com/@call@.mp3?x=1&y=2';
  const callInfoDetail = { ...order.callInfoDetail, callID: '@call@', callAudioUrl: audio };
  const ids = { taskID: '@task@', userTaskID: '@userTask@', orderID: '@order@', userPhone: '@phone@' };
  return JSON.stringify({ ...order, ...ids, callInfoDetail });
}

function taskBody({ task, finished }: { task: Task; finished: number }): string {
  const text = sample('task', finished < task.orders ? IN_PROGRESS : COMPLETED);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the sample of a task, as the source writes it
  const body = JSON.parse(text) as { taskStat: object };
  const counters = { answerOrderCount: finished, finishOrderCount: finished, totalOrderCount: task.orders };
  const taskStat = { ...body.taskStat, ...counters, totalAnswerCall: finished, totalCall: finished };
  return JSON.stringify({ ...body, taskID: taskID(task), userTaskID: userTaskID(task), taskStat });
}
