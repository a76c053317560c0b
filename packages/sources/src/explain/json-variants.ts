import type { Reason } from '@ringback/contracts';
import { MAX_LEVELS } from '../http/read-json.ts';
import type { BodyVariant } from './charset-variants.ts';
import { ESCAPES, LAYOUTS, plainStrings, printJson, readJsonText, withEscapes } from './json-text.ts';
import { ON_THE_WAY } from './reasons.ts';
import { type Search, sizeText } from './search.ts';

/** Longer JSON would be millions of tokens in memory. */
const MOST_BYTES = 2 * 1024 * 1024;
/** How many times as long a serialiser makes a text. Escapes take 6 bytes for 1, indents about 5. */
const MOST_TIMES = 8;
/** Of a short text, indents are more. */
const ALWAYS = 1024;

/** Whether other ways to write its JSON are tried, as far as the size tells. */
export function isShortEnough(body: Buffer, search: Pick<Search, 'skip'>): boolean {
  if (body.length <= MOST_BYTES) return true;
  search.skip(`other ways to write its JSON: the body is larger than ${sizeText(MOST_BYTES)}`);
  return false;
}

/** MUST be UTF-8, and short enough. Undefined: nothing to try, only the end of a step. */
export function* jsonVariants(body: Buffer, search: Pick<Search, 'skip'>): Generator<BodyVariant | undefined> {
  const text = body.toString();
  const json = readJsonText(text);
  yield undefined;
  if (!json) return;
  if (json.levels > MAX_LEVELS) {
    search.skip(`other ways to write its JSON: it is nested deeper than ${MAX_LEVELS} levels, and no callback is`);
    return;
  }
  const plain = plainStrings(json.tokens);
  yield undefined;
  yield* escapeVariants(text, plain);
  yield* layoutVariants({ text, tokens: json.tokens, plain, search });
  yield* sortedVariant(text);
}

/** The white space stays. */
function* escapeVariants(text: string, plain: readonly string[]): Generator<BodyVariant | undefined> {
  for (const [style, write] of Object.entries(ESCAPES)) {
    const signed = withEscapes(plain, write).join('');
    yield signed === text ? undefined : { ...escapeReason(style, { signed, text }), body: Buffer.from(signed) };
  }
}

type Layouts = {
  readonly text: string;
  readonly tokens: readonly string[];
  readonly plain: readonly string[];
  readonly search: Pick<Search, 'skip'>;
};

function* layoutVariants({ text, tokens, plain, search }: Layouts): Generator<BodyVariant | undefined> {
  const bare = plain.filter(isNoSpace);
  const kept: [string, () => string[]] = ['', () => tokens.filter(isNoSpace)];
  const styles = Object.entries(ESCAPES).map(([style, write]) => [style, () => withEscapes(bare, write)] as const);
  const most = MOST_TIMES * text.length + ALWAYS;
  // Most texts have nothing to escape, so most styles are alike.
  const known = new Set<string>();
  for (const [style, tokensOf] of [kept, ...styles]) {
    const written = tokensOf();
    const line = written.join('');
    yield undefined;
    if (known.has(line)) continue;
    known.add(line);
    for (const [name, layout] of Object.entries(LAYOUTS)) {
      const signed = printJson(written, { layout, most });
      if (signed === undefined) {
        search.skip(`ways to write its JSON that make it more than ${MOST_TIMES} times as long`);
        yield undefined;
        continue;
      }
      const how = style === '' ? name : `${name}, with ${style}`;
      for (const end of ['', '\n']) yield { code: 'reserialised', text: reserialised(how), body: Buffer.from(signed + end) };
    }
  }
}

const isNoSpace = (token: string) => token.trim() !== '';

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
