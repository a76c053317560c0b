import { Type, type TSchema } from 'typebox';

/** Nobody has documented which of these must be there, nor their types beyond examples: a text or a number, null or nothing. */
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

/** Every type that `eventType` gives, with the schema of its body. */
export const BODIES: Readonly<Record<string, TSchema>> = {
  'nxlink.call': CallBody,
  'nxlink.task': TaskBody,
  'nxlink.other': Type.Object({}),
};

/** The shape of a body tells what it is: a call record has the id of a call or of a contact, a task the id of a task. */
export function eventType(body: object): string {
  if ('callId' in body || 'contactId' in body) return 'nxlink.call';
  return 'taskId' in body || 'userTaskId' in body ? 'nxlink.task' : 'nxlink.other';
}

/** What a body is about, the most telling id first; undefined: nothing tells. Ids that the customer chooses are left out: it goes into logs. */
export function aboutOf(body: object): string | undefined {
  const call = idIn(body, 'callId');
  if (call !== undefined) return `call:${call}`;
  const task = idIn(body, 'taskId');
  return task === undefined ? undefined : `task:${task}`;
}

function idIn(body: object, key: 'callId' | 'taskId'): string | undefined {
  const value: unknown = Object.hasOwn(body, key) ? Reflect.get(body, key) : undefined;
  if (typeof value === 'string') return value === '' ? undefined : value;
  // Beyond that a number has lost digits: two would seem to be one.
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}
