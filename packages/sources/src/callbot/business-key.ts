import type { Callback } from '@ringback/contracts';
import { orderBody, taskBody } from './schema.ts';

/** Of a call's `callID`, an order's `orderID`, or a task's `taskID`, status and counters. */
export function businessKey({ type, body }: Pick<Callback, 'type' | 'body'>): string | undefined {
  const value: unknown = JSON.parse(body);
  if (taskBody.Check(value)) {
    const { answerOrderCount, finishOrderCount, totalOrderCount, totalAnswerCall, totalCall } = value.taskStat;
    const counters = [answerOrderCount, finishOrderCount, totalOrderCount, totalAnswerCall, totalCall];
    return JSON.stringify(['task', value.taskID, value.taskStatus, ...counters]);
  }
  if (!orderBody.Check(value)) return undefined;
  if (type === 'callbot.order') return JSON.stringify(['order', value.orderID]);
  const { callID } = value.callInfoDetail;
  return typeof callID === 'string' ? JSON.stringify(['call', callID]) : undefined;
}
