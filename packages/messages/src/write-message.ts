import type { Callback } from '@ringback/contracts';
import { describeAny } from './describe-any.ts';
import { finishMessage } from './finish-message.ts';
import type { Draft, Message } from './message.ts';
import { readBody } from './read-body.ts';
import { describers } from './registry.ts';

/** The message for any callback. It never throws, whatever the body, and its size is bounded. */
export function writeMessage(callback: Callback): Message {
  const { type, account, body } = callback;
  const data = readBody(body);
  const describe = describers.get(type.split('.', 1)[0] ?? '');
  const draft = describe === undefined ? describeAny({ type, account, data }) : (describe(type, data) ?? unreadable(type));
  return finishMessage(draft, callback);
}

/** Shows none of the body: its source knows which fields are personal, but this body is not what it expects. */
function unreadable(type: string): Draft {
  return { title: 'Callback received', state: 'neutral', rows: [['Type', type]] };
}
