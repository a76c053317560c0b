import type { Callback } from '@ringback/contracts';
import type { Message } from './message.ts';
import { writeMessage } from './write-message.ts';

type Overrides = Partial<Callback> & { readonly sourceType?: string | undefined };

/** For a callback of 2026-03-01T12:00:00Z. `data` is the body: a text as it is, anything else as JSON. */
export function messageFor(type: string, data: unknown, { sourceType, ...identity }: Overrides = {}): Message {
  const time = Date.parse('2026-03-01T12:00:00Z');
  const body = typeof data === 'string' ? data : JSON.stringify(data);
  const callback = { id: 'r-1', source: 'main', account: 'account-1', type, time, receivedAt: time, body, ...identity };
  return writeMessage(callback, sourceType);
}

export function fieldOf({ fields }: Message, name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value;
}
