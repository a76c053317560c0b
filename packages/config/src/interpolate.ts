export type Environment = Readonly<Record<string, string | undefined>>;

/** A `${…}` or `$${…}` and its offset. */
type Token = { readonly offset: number; readonly text: string };

export type Shielded = {
  /** As long as the file's text, with each token replaced by characters without meaning in YAML. */
  readonly text: string;
  readonly tokens: readonly Token[];
};

// Unicode reserves noncharacters for internal use: no text holds them.
const HEAD = '\uFDD0';
const TAIL = '\uFDD1';
const TOKEN = /\$\$\{(?:[^}\n"']*\})?|\$\{[^}\n"']*\}/g;
const SHIELD = /\uFDD0\uFDD1*/g;

const MALFORMED = 'write ${NAME} or ${NAME:-default}, without quotes or braces inside, or $${ for a literal ${';

/** The offset of a reserved character, or -1. */
export function forbiddenCharacter(text: string): number {
  return text.search(/[\uFDD0\uFDD1]/);
}

/**
 * Hides each `${…}` from the YAML parser. So `{ url: ${URL} }` parses, a value never becomes YAML, and
 * variables in comments are ignored. The length stays, and with it lines and columns.
 */
export function shield(text: string): Shielded {
  const tokens: Token[] = [];
  const shielded = text.replaceAll(TOKEN, (token, offset: number) => {
    tokens.push({ offset, text: token });
    return HEAD + TAIL.repeat(token.length - 1);
  });
  return { text: shielded, tokens };
}

export type Interpolation = {
  readonly value: string;
  /** A variable or a default is in it. */
  readonly hidden: boolean;
  /** Nothing else is in it. */
  readonly alone: boolean;
  readonly problems: readonly { readonly offset: number; readonly text: string }[];
};

/**
 * `range`: the offsets of the scalar. Its tokens are the last ones there, as the header of a block scalar may
 * have a comment.
 */
export function interpolate(
  value: string,
  { tokens }: Shielded,
  range: readonly [number, number],
  env: Environment,
): Interpolation {
  const shields = value.match(SHIELD) ?? [];
  const inside = () => tokens.filter(({ offset }) => offset >= range[0] && offset < range[1]);
  const own = shields.length === 0 ? [] : inside().slice(-shields.length);
  const meanings = own.map((token) => meaningOf(token.text, env));
  const problems = own.flatMap(({ offset }, index) => {
    const text = meanings[index]?.problem;
    return text === undefined ? [] : [{ offset, text }];
  });
  if (value.includes('${')) problems.push({ offset: range[0], text: MALFORMED });
  let next = 0;
  return {
    value: value.replaceAll(SHIELD, () => meanings[next++]?.value ?? ''),
    hidden: own.some(({ text }) => !isEscape(text)),
    alone: shields[0]?.length === value.length && own.every(({ text }) => !isEscape(text)),
    problems,
  };
}

/** For keys, which are not interpolated. */
export function unshield(value: string, { tokens }: Shielded, range: readonly [number, number]): string {
  const own = tokens.filter(({ offset }) => offset >= range[0] && offset < range[1]);
  let next = 0;
  return value.replaceAll(SHIELD, () => own[next++]?.text ?? '');
}

function meaningOf(token: string, env: Environment): { value?: string; problem?: string } {
  if (isEscape(token)) return { value: token.slice(1) };
  const [, name, fallback] = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?\}$/.exec(token) ?? [];
  if (name === undefined) return { problem: MALFORMED };
  const set = Object.hasOwn(env, name) ? env[name] : undefined;
  // As in a shell: an empty variable takes the default, too.
  const value = fallback === undefined ? set : set || fallback;
  return value === undefined
    ? { problem: `the environment variable ${name} is not set; set it, or write \${${name}:-default}` }
    : { value };
}

function isEscape(token: string): boolean {
  return token.startsWith('$$');
}
