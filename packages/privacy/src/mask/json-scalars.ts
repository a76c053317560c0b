type Step = string | number;

/** `path` is only valid during the call. `json` is the value's own text. Returns its new text, or undefined to keep it. */
export type VisitScalar = (path: readonly Step[], json: string) => string | undefined;

/** The end of the string that begins at `start`, after its closing quote. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

const WORD = /[^\s,:[\]{}"]+/y;

/**
 * Visits every text, number, truth value and null of a JSON text. What is not replaced stays byte for byte. Without
 * recursion: a body may be nested deeply. `json` MUST be valid.
 */
export function rewriteScalars(json: string, visit: VisitScalar): string {
  const path: Step[] = [];
  const parts: string[] = [];
  let [kept, at] = [0, 0];
  let isKey = false;

  function scalar(end: number): void {
    const replaced = visit(path, json.slice(at, end));
    if (replaced !== undefined) {
      parts.push(json.slice(kept, at), replaced);
      kept = end;
    }
    at = end;
  }

  function text(): void {
    const end = endOfString(json, at);
    if (!isKey) return scalar(end);
    path[path.length - 1] = String(JSON.parse(json.slice(at, end)));
    isKey = false;
    at = end;
  }

  while (at < json.length) {
    const sign = json[at];
    if (sign === '"') {
      text();
      continue;
    }
    WORD.lastIndex = at;
    if (WORD.test(json)) {
      scalar(WORD.lastIndex);
      continue;
    }
    isKey = step(path, sign) ?? isKey;
    at += 1;
  }
  return parts.join('') + json.slice(kept);
}

/** Whether a key comes next; undefined: the sign does not tell. */
function step(path: Step[], sign: string | undefined): boolean | undefined {
  const last = path.at(-1);
  if (sign === '{') return path.push('') > 0;
  if (sign === '[') return path.push(0) === 0;
  if (sign === '}' || sign === ']') return path.pop() === undefined;
  if (sign !== ',') return undefined;
  if (typeof last === 'string') return true;
  path[path.length - 1] = (last ?? 0) + 1;
  return false;
}
