import { RingbackError } from '@ringback/contracts';
import type { TSchema } from 'typebox';
import { checkBody } from '../http/check-body.ts';
import { OrderBody, orderBody, TaskBody, taskBody } from './schema.ts';

/** By taskStatus, from 1. The documentation calls 4 "finished (failed)". */
const TASK_STATES = ['pending', 'in_progress', 'completed', 'failed', 'paused'] as const;

const UNKNOWN_STATE = 'unknown';

export const ORDER = 'callbot.order';
const CALL = 'callbot.call';
const PER_CALLBACK_TYPE: Readonly<Record<number, string>> = { 2: ORDER, 3: CALL };

export const TASK_TYPES = 'callbot.task.';
const taskType = (state: string) => `${TASK_TYPES}${state}`;

/** In words, of whatever stands as `taskStatus`. */
export function taskState(taskStatus: unknown): string {
  return (typeof taskStatus === 'number' ? TASK_STATES[taskStatus - 1] : undefined) ?? UNKNOWN_STATE;
}

export const BODIES: Readonly<Record<string, TSchema>> = {
  ...Object.fromEntries([...TASK_STATES, UNKNOWN_STATE].map((state) => [taskType(state), TaskBody])),
  [ORDER]: OrderBody,
  [CALL]: OrderBody,
};

export type Arrival = { readonly path: string; readonly order: string; readonly call: string };

/**
 * The body's shape decides the type, because the path is not signed.
 * @throws RingbackError RB_BODY_INCOMPLETE or RB_BODY_INVALID
 */
export function eventType(body: object, arrival: Arrival): string {
  if (hasOneOf(body, 'orderID', 'callInfoDetail')) {
    const { callbackType } = checkBody(orderBody, body);
    return PER_CALLBACK_TYPE[Number(callbackType)] ?? byHint(callbackType, arrival);
  }
  if (hasOneOf(body, 'taskStatus', 'taskStat')) {
    const { taskStatus } = checkBody(taskBody, body);
    return taskType(taskState(taskStatus));
  }
  throw new RingbackError(
    'RB_BODY_INCOMPLETE',
    'the body has neither taskStatus and taskStat (a task) nor orderID and callInfoDetail (an order or a call)',
  );
}

function hasOneOf(body: object, ...fields: string[]): boolean {
  return fields.some((field) => Object.hasOwn(body, field));
}

/** Documented orders and calls both have callbackType 1: as text in orders, as a number in calls. */
function byHint(callbackType: string | number, { path, order, call }: Arrival): string {
  if (path === order) return ORDER;
  if (path === call) return CALL;
  return typeof callbackType === 'string' ? ORDER : CALL;
}
