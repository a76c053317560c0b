import type { Callback } from '@ringback/contracts';
import type { Message } from './message.ts';
import { writeMessage } from './write-message.ts';

type Overrides = Partial<Callback> & { readonly sourceType?: string | undefined };

/** The message for a callback of 2026-03-01T12:00:00Z whose body is `data`: a text as it is, anything else as JSON. */
export function messageFor(type: string, data: unknown, { sourceType, ...identity }: Overrides = {}): Message {
  const time = Date.parse('2026-03-01T12:00:00Z');
  const body = typeof data === 'string' ? data : JSON.stringify(data);
  const callback = { id: 'r-1', source: 'main', account: 'account-1', type, time, receivedAt: time, body, ...identity };
  return writeMessage(callback, sourceType);
}

/** The value beside a name. Undefined if the message has no such field. */
export function fieldOf({ fields }: Message, name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value;
}
