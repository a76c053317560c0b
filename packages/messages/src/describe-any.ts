import type { Draft, Row } from './message.ts';
import { isPrivate } from './private-field.ts';

const MAX_ROWS = 8;
const MAX_NAMES = 10;

/** A key that is a name of the sender's and not data, such as a phone number. */
const KEY = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;

/** A readable message for a source that has none of its own: its type, its account and the first plain fields of the body. */
export function describeAny({ type, account, data }: { type: string; account: string; data: unknown }): Draft {
  const shown: Row[] = [];
  const hidden: string[] = [];
  for (const [key, value] of entriesOf(data)) {
    const text = plainText(value);
    if (text === '') continue;
    if (text !== undefined && shown.length < MAX_ROWS && KEY.test(key) && !isPrivate(key, text)) shown.push([nameOf(key), text]);
    else hidden.push(key);
  }
  return { title: titleOf(type), state: 'neutral', rows: [['Type', type], ['Account', account], ...shown], text: remark(hidden) };
}

function entriesOf(data: unknown): [string, unknown][] {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? Object.entries(data) : [];
}

/** Undefined for a value that takes more than a line. */
function plainText(value: unknown): string | undefined {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? value : undefined;
}

/** `stripe.invoice.payment_failed` → `Stripe: invoice payment failed` */
function titleOf(type: string): string {
  const [source = '', ...event] = type.split('.').map(words);
  const title = [capital(source), event.join(' ')].filter((part) => part !== '').join(': ');
  return title === '' ? 'Callback received' : title;
}

/** `eventTime`, `event_time` → `Event time` */
function nameOf(key: string): string {
  return capital(words(key.replaceAll(/([a-z\d])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`)));
}

const words = (text: string) => text.replaceAll(/[\s_-]+/g, ' ').trim();

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Which fields the body has besides. Of a key that may be data, only the number is told. */
function remark(hidden: readonly string[]): string | undefined {
  if (hidden.length === 0) return undefined;
  const names = hidden.filter((key) => KEY.test(key)).slice(0, MAX_NAMES);
  const more = hidden.length - names.length;
  return `Not shown: ${[...names, ...(more > 0 ? [`${more} more`] : [])].join(', ')}`;
}
