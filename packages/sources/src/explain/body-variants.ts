import { isUtf8 } from 'node:buffer';
import type { Reason } from '@ringback/contracts';
import { withoutTrailingSpace } from '../http/trailing-space.ts';
import { type BodyVariant, charsetVariants } from './charset-variants.ts';
import { ESCAPES, LAYOUTS, printJson, readJsonText, withEscapes } from './json-text.ts';

const ON_THE_WAY = 'send and forward the bytes that were signed, unchanged';

/** Likeliest first. Undefined: nothing to try, only the end of a step. */
export function* bodyVariants(body: Buffer): Generator<BodyVariant | undefined> {
  yield* endVariants(body);
  if (body.length > 0) {
    const text = `the signature fits an empty body: the sender signed without the body; it must sign the bytes that it sends`;
    yield { code: 'empty-body', text, body: Buffer.alloc(0) };
  }
  if (isUtf8(body)) yield* jsonVariants(body.toString());
  yield* charsetVariants(body);
  yield* lineVariants(body);
}

function* endVariants(body: Buffer): Generator<BodyVariant> {
  const code = 'trailing-newline';
  const trimmed = withoutTrailingSpace(body);
  for (let end = body.length - 1; end >= trimmed.length && end > body.length - 3; end -= 1) {
    yield { code, text: endText(`without the last ${body.length - end} byte(s)`), body: body.subarray(0, end) };
  }
  if (trimmed.length < body.length) yield { code, text: endText('without the white space at its end'), body: trimmed };
  for (const [name, end] of Object.entries({ 'a line feed': '\n', 'a carriage return and a line feed': '\r\n', 'a space': ' ' }))
    yield { code, text: endText(`with ${name} more at its end`), body: Buffer.concat([body, Buffer.from(end)]) };
}

function endText(how: string): string {
  return `the signature fits the body ${how}: white space at the end was added or lost between the signature and here (an editor, echo, a proxy); ${ON_THE_WAY}`;
}

function* jsonVariants(text: string): Generator<BodyVariant | undefined> {
  const json = readJsonText(text);
  yield undefined;
  if (!json) return;
  const { tokens } = json;
  const bare = tokens.filter((token) => token.trim() !== '');
  const styles = Object.entries(ESCAPES);
  for (const [style, write] of styles) {
    const signed = printJson(withEscapes(tokens, write), undefined);
    yield signed === text ? undefined : { ...escapeReason(style, { signed, text }), body: Buffer.from(signed) };
  }
  const kept: [string, (string: string) => string] = ['', (string) => string];
  for (const [style, write] of [kept, ...styles]) {
    const written = style === '' ? bare : withEscapes(bare, write);
    yield undefined;
    for (const [name, layout] of Object.entries(LAYOUTS)) {
      const signed = printJson(written, layout);
      const how = style === '' ? name : `${name}, with ${style}`;
      for (const end of ['', '\n']) yield { code: 'reserialised', text: reserialised(how), body: Buffer.from(signed + end) };
    }
  }
  yield* sortedVariant(text);
}

function escapeReason(style: string, { signed, text }: { signed: string; text: string }): Reason {
  const isDecoded = signed.length > text.length;
  const what = isDecoded ? 'escapes of the signed body were decoded' : 'characters of the signed body were escaped';
  const code = isDecoded ? 'decoded-escapes' : 'reserialised';
  return { code, text: `the signature fits the body with ${style}: ${what} on the way here; ${ON_THE_WAY}` };
}

function reserialised(how: string): string {
  return `the signature fits the same JSON written ${how}: the body was parsed and written anew after it was signed; ${ON_THE_WAY}`;
}

/** A sender may sign sorted keys and send others. */
function* sortedVariant(text: string): Generator<BodyVariant> {
  let signed: string;
  try {
    signed = JSON.stringify(JSON.parse(text, (_key, value: unknown) => sorted(value)));
  } catch {
    return; // Too deep.
  }
  yield { code: 'reserialised', text: reserialised('with sorted keys'), body: Buffer.from(signed) };
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function* lineVariants(body: Buffer): Generator<BodyVariant> {
  if (!body.includes(0x0a)) return;
  // latin1 keeps every byte.
  const text = body.toString('latin1');
  const unix = text.replaceAll('\r\n', '\n');
  for (const [ends, signed] of Object.entries({ 'LF line ends': unix, 'CRLF line ends': unix.replaceAll('\n', '\r\n') })) {
    const how = `the signature fits the body with ${ends}: line ends were changed after it was signed; ${ON_THE_WAY}`;
    if (signed !== text) yield { code: 'line-endings', text: how, body: Buffer.from(signed, 'latin1') };
  }
}
