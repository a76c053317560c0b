import type { Callback } from '@ringback/contracts';
import { describeAny } from './describe-any.ts';
import { finishMessage } from './finish-message.ts';
import type { Draft, Message } from './message.ts';
import { readBody } from './read-body.ts';
import { describers } from './registry.ts';

/**
 * Any callback as a message of bounded size. It never throws. `sourceType` is the `type:` of the callback's source,
 * undefined if the settings no longer have that source.
 */
export function writeMessage(callback: Callback, sourceType: string | undefined): Message {
  const { type, account, body } = callback;
  const data = readBody(body);
  const describe = sourceType === undefined ? undefined : describers.get(sourceType);
  const draft = describe === undefined ? describeAny({ type, account, data }) : (describe(type, data) ?? unexpected(type));
  return finishMessage(draft, callback);
}

/** Shows nothing of the body: only its usual shape tells which fields are personal data. */
function unexpected(type: string): Draft {
  return { title: 'Callback received', state: 'neutral', rows: [['Type', type]] };
}
