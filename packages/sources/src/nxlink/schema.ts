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

/** What a body is about, the most telling id first; undefined: nothing tells. */
export function aboutOf(body: object): string | undefined {
  return (
    callOf(body) ?? idIn(body, 'contactId', 'contact') ?? idIn(body, 'taskId', 'task') ?? idIn(body, 'userTaskId', 'userTask')
  );
}

/** The call that a body is about. */
export function callOf(body: object): string | undefined {
  return idIn(body, 'callId', 'call');
}

function idIn(body: object, key: string, word: string): string | undefined {
  const value: unknown = Object.entries(body).find(([name]) => name === key)?.[1];
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? `${word}:${value}` : undefined;
}
