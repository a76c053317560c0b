/** JSON as text, so that numbers, order and repeated keys stay as they are. */
export type JsonText = { readonly tokens: readonly string[] };

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+|\s+/g;

/** Undefined: the text is not JSON. */
export function readJsonText(text: string): JsonText | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return { tokens: text.match(TOKEN) ?? [] };
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

/** Without a layout, the white space stays. */
export function printJson(tokens: readonly string[], layout: Layout | undefined): string {
  if (!layout) return tokens.join('');
  const { item, key, indent } = layout;
  let depth = 0;
  const line = () => (indent === undefined ? '' : `\n${indent.repeat(depth)}`);
  const parts = tokens.filter((token) => token.trim() !== '');
  return parts
    .map((token, index) => {
      if (token === '{' || token === '[') {
        const isEmpty = parts[index + 1] === '}' || parts[index + 1] === ']';
        depth += 1;
        return isEmpty ? token : token + line();
      }
      if (token === '}' || token === ']') {
        depth -= 1;
        const isEmpty = parts[index - 1] === '{' || parts[index - 1] === '[';
        return isEmpty ? token : line() + token;
      }
      return token === ',' ? item + line() : token === ':' ? key : token;
    })
    .join('');
}

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

/** MUST be tokens of valid JSON. */
export function withEscapes(tokens: readonly string[], write: (text: string) => string): string[] {
  return tokens.map((token) => {
    if (!token.startsWith('"')) return token;
    const decoded: unknown = JSON.parse(token);
    return write(JSON.stringify(decoded));
  });
}
