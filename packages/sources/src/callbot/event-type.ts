import { RingbackError } from '@ringback/contracts';
import { checkBody } from './check-body.ts';
import { orderBody, taskBody } from './schema.ts';

/** taskStatus 1…5 of the documentation; it calls 4 "finished (failed)". */
const TASK_STATES = ['pending', 'in_progress', 'completed', 'failed', 'paused'] as const;

const PER_CALLBACK_TYPE: Readonly<Record<number, string>> = { 2: 'callbot.order', 3: 'callbot.call' };

/** Where a body came to, and the paths that would tell what it is. */
export type Arrival = { readonly path: string; readonly order: string; readonly call: string };

/**
 * Checks a body against its schema and names its event type. The body's shape decides, since URL and path are not signed.
 * @throws RingbackError RB_BODY_INCOMPLETE or RB_BODY_INVALID
 */
export function eventType(body: object, arrival: Arrival): string {
  if (hasOneOf(body, 'orderID', 'callInfoDetail')) {
    const { callbackType } = checkBody(orderBody, body);
    return PER_CALLBACK_TYPE[Number(callbackType)] ?? byHint(callbackType, arrival);
  }
  if (hasOneOf(body, 'taskStatus', 'taskStat')) {
    const { taskStatus } = checkBody(taskBody, body);
    return `callbot.task.${TASK_STATES[taskStatus - 1] ?? 'unknown'}`;
  }
  throw new RingbackError(
    'RB_BODY_INCOMPLETE',
    'the body has neither taskStatus and taskStat (a task) nor orderID and callInfoDetail (an order or a call)',
  );
}

function hasOneOf(body: object, ...fields: string[]): boolean {
  return fields.some((field) => Object.hasOwn(body, field));
}

/** The documented examples carry callbackType 1 on every page, a string for orders and an int for calls: then the path tells, and after it the JSON type. */
function byHint(callbackType: string | number, { path, order, call }: Arrival): string {
  if (path === order) return 'callbot.order';
  if (path === call) return 'callbot.call';
  return typeof callbackType === 'string' ? 'callbot.order' : 'callbot.call';
}
