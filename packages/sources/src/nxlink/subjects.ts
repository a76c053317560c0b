import type { Callback, Subjects } from '@ringback/contracts';
import { subjectBody, subjectId } from '../http/subject.ts';

/** Of a task no counters are documented, and of a call no order. A contact stands for a call that has no id. */
export function subjects({ body: text }: Pick<Callback, 'body'>): Subjects {
  const body = subjectBody(text);
  return {
    task: subjectId(body, 'taskId'),
    userTask: subjectId(body, 'userTaskId'),
    call: subjectId(body, 'callId') ?? subjectId(body, 'contactId'),
  };
}
