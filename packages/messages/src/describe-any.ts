import type { Draft, Row } from './message.ts';
import { isPerson, isPrivateKey, isPrivateText, publicText } from './private-field.ts';

/** A large object leaves room for the others. */
const MAX_OF_OBJECT = 8;
const MAX_ROWS = 16;
const MAX_NAMES = 10;
/** `data.object.id` has three keys. */
const MAX_DEPTH = 3;
/** Fields beyond these are only counted. */
const MAX_READ = 200;

/** Other keys may be data, such as a phone number. */
const KEY = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;

type Found = { readonly rows: Row[]; readonly hidden: string[]; more: number; read: number };
type Nested = { readonly path: readonly string[]; readonly fields: object };

/** The message of a source that has none of its own. Outer fields come first. */
export function describeAny({ type, account, data }: { type: string; account: string; data: unknown }): Draft {
  const found: Found = { rows: [], hidden: [], more: 0, read: 0 };
  const objects: Nested[] = isObject(data) ? [{ path: [], fields: data }] : [];
  // The loop also visits the objects that it adds.
  for (const object of objects) {
    if (found.rows.length < MAX_ROWS) objects.push(...readObject(object, found));
    else hide(object.path, found);
  }
  return {
    title: titleOf(type),
    state: 'neutral',
    rows: [['Type', type], ['Account', account], ...found.rows],
    text: remark(found),
  };
}

/** Returns the nested objects. */
function readObject({ path, fields }: Nested, found: Found): Nested[] {
  const last = Math.min(found.rows.length + MAX_OF_OBJECT, MAX_ROWS);
  const objects: Nested[] = [];
  const keys = Object.keys(fields);
  const readKeys = keys.slice(0, MAX_READ - found.read);
  found.read += readKeys.length;
  found.more += keys.length - readKeys.length;
  for (const key of readKeys) {
    const value: unknown = Reflect.get(fields, key);
    if (isBlank(value)) continue;
    const field = [...path, key];
    const isReadable = isSafeName(key) && !isPrivateKey(key);
    if (isReadable && isObject(value) && field.length < MAX_DEPTH && !isPerson(key)) {
      objects.push({ path: field, fields: value });
      continue;
    }
    const text = isReadable && found.rows.length < last ? plainText(key, value) : undefined;
    if (text === undefined) hide(field, found);
    else found.rows.push([nameOf(field), text]);
  }
  return objects;
}

function hide(path: readonly string[], found: Found): void {
  if (found.hidden.length < MAX_NAMES && isSafeName(path.at(-1) ?? '')) found.hidden.push(path.join('.'));
  else found.more += 1;
}

function isSafeName(key: string): boolean {
  return KEY.test(key) && !isPrivateText(key);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBlank(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** Undefined: not to be shown. `readBody` made texts of numbers. */
function plainText(key: string, value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 1 ? '1 item' : `${value.length} items`;
  return typeof value === 'string' ? publicText(key, value) : undefined;
}

/** `stripe.invoice.payment_failed` → `Stripe: invoice payment failed` */
function titleOf(type: string): string {
  const [source = '', ...event] = type.split('.').map(words);
  const title = [capital(source), event.join(' ')].filter((part) => part !== '').join(': ');
  return title === '' ? 'Callback received' : title;
}

/** `event_time` → `Event time`, but `data.event_time` */
function nameOf(path: readonly string[]): string {
  const [key = '', ...nested] = path;
  if (nested.length > 0) return path.join('.');
  return capital(words(key.replaceAll(/([a-z\d])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`)));
}

const words = (text: string) => text.replaceAll(/[\s_-]+/g, ' ').trim();

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function remark({ hidden, more }: Found): string | undefined {
  const parts = more > 0 ? [...hidden, `${more} more`] : hidden;
  return parts.length === 0 ? undefined : `Not shown: ${parts.join(', ')}`;
}
