/** JSON as text, so that numbers, order and repeated keys stay as they are. */
export type JsonText = {
  readonly tokens: readonly string[];
  /** How many brackets are open at most. */
  readonly levels: number;
};

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+|\s+/g;

/** Undefined: the text is not JSON. */
export function readJsonText(text: string): JsonText | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const tokens = text.match(TOKEN) ?? [];
  return { tokens, levels: levelsOf(tokens) };
}

function levelsOf(tokens: readonly string[]): number {
  let [depth, most] = [0, 0];
  for (const token of tokens) {
    if (isOpening(token)) depth += 1;
    else if (isClosing(token)) depth -= 1;
    most = Math.max(most, depth);
  }
  return most;
}

export type Layout = { readonly item: string; readonly key: string; readonly indent?: string };

/** How serialisers of today set white space. */
export const LAYOUTS: Readonly<Record<string, Layout>> = {
  'without white space': { item: ',', key: ':' },
  'with a space after commas and colons': { item: ', ', key: ': ' },
  'with a space after colons': { item: ',', key: ': ' },
  'indented by 2 spaces': { item: ',', key: ': ', indent: '  ' },
  'indented by 4 spaces': { item: ',', key: ': ', indent: '    ' },
  'indented by tabs': { item: ',', key: ': ', indent: '\t' },
};

type Printing = {
  readonly layout: Layout;
  /** Characters. Indents could make the square of what came. */
  readonly most: number;
};

/** `tokens`: without white space. Undefined: the text would be too long. */
export function printJson(tokens: readonly string[], { layout: { item, key, indent }, most }: Printing): string | undefined {
  let [text, depth] = ['', 0];
  const line = () => (indent === undefined ? '' : `\n${indent.repeat(depth)}`);
  for (const [index, token] of tokens.entries()) {
    if (isOpening(token)) {
      depth += 1;
      text += isClosing(tokens[index + 1]) ? token : token + line();
    } else if (isClosing(token)) {
      depth -= 1;
      text += isOpening(tokens[index - 1]) ? token : line() + token;
    } else text += token === ',' ? item + line() : token === ':' ? key : token;
    if (text.length > most) return undefined;
  }
  return text;
}

const isOpening = (token: string | undefined) => token === '{' || token === '[';
const isClosing = (token: string | undefined) => token === '}' || token === ']';

const escape = (digits: (hex: string) => string) => (character: string) =>
  `\\u${digits((character.codePointAt(0) ?? 0).toString(16).padStart(4, '0'))}`;
const small = escape((hex) => hex);
const capital = escape((hex) => hex.toUpperCase());
const NOT_ASCII = /[\u0080-\uffff]/g;
const slashes = (text: string) => text.replaceAll('/', '\\/');
const html = (text: string) => text.replaceAll(/[<>&\u2028\u2029]/g, small);

/** How serialisers write the characters of a text that is decoded and plainly quoted. */
export const ESCAPES: Readonly<Record<string, (text: string) => string>> = {
  'characters as they are': (text) => text,
  'escapes for all but ASCII': (text) => text.replaceAll(NOT_ASCII, small),
  'escapes in capitals for all but ASCII': (text) => text.replaceAll(NOT_ASCII, capital),
  'escaped slashes': slashes,
  'escaped slashes, and escapes for all but ASCII': (text) => slashes(text).replaceAll(NOT_ASCII, small),
  'escapes for <, > and &': html,
  'escapes for <, >, & and all but ASCII': (text) => html(text).replaceAll(NOT_ASCII, small),
  "escapes in capitals for <, >, &, ', + and all but ASCII": (text) =>
    text.replaceAll('\\"', '\\u0022').replaceAll(/[<>&'+`\u0080-\uffff]/g, capital),
};

/** Strings decoded and plainly quoted. MUST be tokens of valid JSON. */
export function plainStrings(tokens: readonly string[]): string[] {
  return tokens.map((token) => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token));
}

/** `tokens`: of `plainStrings`. */
export function withEscapes(tokens: readonly string[], write: (text: string) => string): string[] {
  return tokens.map((token) => (token.startsWith('"') ? write(token) : token));
}
