type Step = string | number;

/** What is known of a place in a JSON text follows from what is known of the place above it. */
export type Places<Place> = {
  readonly top: Place;
  /** The place of a member (`step`: its key) or of an item (`step`: its index). */
  readonly below: (place: Place, step: Step) => Place;
};

/** `json` is the own text of a value or key. Returns its new text, or undefined to keep it. */
type Visit<Place> = (place: Place, json: string) => string | undefined;

export type Rewriting<Place> = {
  readonly places: Places<Place>;
  /** For every text, number, truth value and null. */
  readonly scalar: Visit<Place>;
  /** For every key, with the place of its value. */
  readonly key?: Visit<Place>;
};

/** The end of the string that begins at `start`, after its closing quote. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

const WORD = /[^\s,:[\]{}"]+/y;

/**
 * Rewrites the values and keys of a JSON text. What is not replaced stays byte for byte. Without recursion, and in
 * one pass: a body may be nested deeply. `json` MUST be valid.
 */
export function rewriteJson<Place>(json: string, { places, scalar, key }: Rewriting<Place>): string {
  const way = createWay(places);
  const parts: string[] = [];
  let [kept, at] = [0, 0];

  function rewrite(end: number, visit: Visit<Place> | undefined): void {
    const replaced = visit?.(way.place(), json.slice(at, end));
    if (replaced !== undefined) {
      parts.push(json.slice(kept, at), replaced);
      kept = end;
    }
    at = end;
  }

  while (at < json.length) {
    const sign = json[at];
    WORD.lastIndex = at;
    if (sign === '"') {
      const end = endOfString(json, at);
      const isKey = way.wantsKey();
      if (isKey) way.member(String(JSON.parse(json.slice(at, end))));
      rewrite(end, isKey ? key : scalar);
    } else if (WORD.test(json)) rewrite(WORD.lastIndex, scalar);
    else {
      way.pass(sign);
      at += 1;
    }
  }
  return parts.join('') + json.slice(kept);
}

type Way<Place> = {
  readonly place: () => Place;
  readonly wantsKey: () => boolean;
  readonly member: (key: string) => void;
  /** A brace, bracket, comma, colon or white space. */
  readonly pass: (sign: string | undefined) => void;
};

/** The open objects and lists on the way to where the reader is. */
function createWay<Place>({ top, below }: Places<Place>): Way<Place> {
  /** Of each, the place of its current value. */
  const inside: Place[] = [];
  /** Of each list the index of its current item; undefined: an object. */
  const indexes: (number | undefined)[] = [];
  let isKey = false;
  const place = () => inside.at(-1) ?? top;

  function open(index: number | undefined): void {
    inside.push(index === undefined ? place() : below(place(), index));
    indexes.push(index);
    isKey = index === undefined;
  }

  function close(): void {
    inside.pop();
    indexes.pop();
    isKey = false;
  }

  function to(step: Step): void {
    inside[inside.length - 1] = below(inside.at(-2) ?? top, step);
  }

  function next(): void {
    const index = indexes.at(-1);
    isKey = index === undefined;
    if (index === undefined) return;
    indexes[indexes.length - 1] = index + 1;
    to(index + 1);
  }

  return {
    place,
    wantsKey: () => isKey,
    member(key) {
      to(key);
      isKey = false;
    },
    pass(sign) {
      if (sign === '{') open(undefined);
      else if (sign === '[') open(0);
      else if (sign === '}' || sign === ']') close();
      else if (sign === ',') next();
    },
  };
}
