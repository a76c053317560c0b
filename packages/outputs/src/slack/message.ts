import type { Callback } from '@ringback/contracts';
import { buildMessage, type MessageParts, type SlackMessage } from './block-kit.ts';
import { describeCall, describeOrder } from './call-message.ts';
import { describeTask } from './task-message.ts';

/** What a message says about a callback; undefined when the body is not what that kind of callback should hold. */
type Describe = (data: unknown) => Omit<MessageParts, 'footer'> | undefined;

const DESCRIBE_BY_KIND: readonly (readonly [kind: RegExp, describe: Describe])[] = [
  [/^callbot\.task(?:\.|$)/, describeTask],
  [/^callbot\.order(?:\.|$)/, describeOrder],
  [/^callbot\.call(?:\.|$)/, describeCall],
];

/** The Slack message for any callback. A type without a message of its own, or a body of another shape, gets one that names the callback and shows none of its data. */
export function writeMessage(callback: Callback): SlackMessage {
  const describe = DESCRIBE_BY_KIND.find(([kind]) => kind.test(callback.type))?.[1];
  const parts = describe?.(readBody(callback.body)) ?? { title: 'Callback received', rows: [['Type', callback.type]] };
  const footer = [callback.source, callback.type, new Date(callback.time).toISOString(), `request ${callback.id}`];
  return buildMessage({ ...parts, footer });
}

/** The body with every number as the digits that came: shown, they must not be rounded. */
function readBody(body: string): unknown {
  try {
    return JSON.parse(body, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' ? (context?.source ?? String(value)) : value,
    );
  } catch {
    return undefined;
  }
}
