import type { Callback, Subjects, TaskProgress } from '@ringback/contracts';
import { jsonAt } from '../http/json-value.ts';
import { subjectBody, subjectCount, subjectId } from '../http/subject.ts';
import { ORDER, taskState, TASK_TYPES } from './event-type.ts';

/** What a callback of any earlier version is about. An order's own callback also names its last call. */
export function subjects({ type, body: text }: Pick<Callback, 'type' | 'body'>): Subjects {
  const body = subjectBody(text);
  const finish = jsonAt(body, 'finish');
  return {
    task: subjectId(body, 'taskID'),
    userTask: subjectId(body, 'userTaskID'),
    order: subjectId(body, 'orderID'),
    call: subjectId(body, 'callInfoDetail.callID'),
    orderFinished: type === ORDER ? finish === true : undefined,
    progress: type.startsWith(TASK_TYPES) ? progressOf(body) : undefined,
  };
}

function progressOf(body: unknown): TaskProgress {
  const count = (field: string) => subjectCount(body, `taskStat.${field}`);
  return {
    state: taskState(jsonAt(body, 'taskStatus')),
    orders: count('totalOrderCount'),
    ordersFinished: count('finishOrderCount'),
    ordersAnswered: count('answerOrderCount'),
    calls: count('totalCall'),
    callsAnswered: count('totalAnswerCall'),
  };
}
