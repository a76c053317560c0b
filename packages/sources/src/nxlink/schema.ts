import { Type, type TSchema } from 'typebox';
import { jsonValue } from '../http/json-value.ts';

/** The documentation has examples only: a text, a number, null or nothing. */
const some = Type.Optional(Type.Union([Type.String(), Type.Number(), Type.Null()]));

const shared = { taskId: some, userTaskId: some, other: Type.Optional(Type.Unknown()), autoFlowId: some };

const TaskBody = Type.Object(shared);
const CallBody = Type.Object({
  ...shared,
  contactId: some,
  callId: some,
  callStatus: some,
  callResult: some,
  callerPhone: some,
  calleePhone: some,
  callStart: some,
  callAnswer: some,
  callEnd: some,
});

export const BODIES: Readonly<Record<string, TSchema>> = {
  'nxlink.call': CallBody,
  'nxlink.task': TaskBody,
  'nxlink.other': Type.Object({}),
};

/** A call has the id of a call or contact, a task the id of a task. */
export function eventType(body: object): string {
  if ('callId' in body || 'contactId' in body) return 'nxlink.call';
  return 'taskId' in body || 'userTaskId' in body ? 'nxlink.task' : 'nxlink.other';
}

/** Not userTaskId: the customer chooses it, and this goes into logs. */
export function aboutOf(body: unknown): string | undefined {
  const call = jsonValue(body, 'callId');
  if (call !== undefined) return `call:${call}`;
  const task = jsonValue(body, 'taskId');
  return task === undefined ? undefined : `task:${task}`;
}
