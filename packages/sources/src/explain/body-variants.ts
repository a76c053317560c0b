import { isUtf8 } from 'node:buffer';
import { withoutTrailingSpace } from '../http/trailing-space.ts';
import { type BodyVariant, charsetVariants } from './charset-variants.ts';
import { isShortEnough, jsonVariants } from './json-variants.ts';
import { ON_THE_WAY } from './reasons.ts';
import type { Search } from './search.ts';

/** Likeliest first. Undefined: nothing to try, only the end of a step. */
export function* bodyVariants(body: Buffer, search: Pick<Search, 'skip'>): Generator<BodyVariant | undefined> {
  // Said first: the search may end before.
  const asJson = isUtf8(body) && isShortEnough(body, search);
  yield* endVariants(body);
  if (body.length > 0) {
    const text = `the signature fits an empty body: the sender signed without the body; it must sign the bytes that it sends`;
    yield { code: 'empty-body', text, body: Buffer.alloc(0) };
  }
  if (asJson) yield* jsonVariants(body, search);
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
