import type { Callback } from '@ringback/contracts';
import { describeAny } from './describe-any.ts';
import { finishMessage } from './finish-message.ts';
import type { Draft, Message } from './message.ts';
import { readBody } from './read-body.ts';
import { describeAlert, isAlert } from './ringback/alert.ts';
import { describers } from './registry.ts';

/** UTF-16 units. Parsing more would hold up other deliveries. */
const MAX_BODY = 256 * 1024;

/** Never throws. `sourceType` is undefined if the settings no longer have the callback's source. */
export function writeMessage(callback: Callback, sourceType: string | undefined): Message {
  const { type, account, body } = callback;
  const isLarge = body.length > MAX_BODY;
  const data = isLarge ? undefined : readBody(body);
  const describe = isAlert(callback) ? describeAlert : sourceType === undefined ? undefined : describers.get(sourceType);
  const draft = describe === undefined ? describeAny({ type, account, data }) : (describe(type, data) ?? unexpected(type));
  return finishMessage(isLarge ? withSize(draft, body) : draft, callback);
}

/** Without the body: nobody knows which of its fields are personal data. */
function unexpected(type: string): Draft {
  return { title: 'Callback received', state: 'neutral', rows: [['Type', type]] };
}

function withSize(draft: Draft, body: string): Draft {
  const size = `${Math.round(Buffer.byteLength(body) / 1024)} KiB, too large to show`;
  return { ...draft, rows: [...draft.rows, ['Body', size]] };
}
