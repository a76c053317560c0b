import { DIGIT, digitsOf } from './digits.ts';
import { FEWEST_DIGITS, maskedPhone } from './masked-text.ts';

/** Digits and what stands between them: `+49 (170) 123-4567`, `138%201234`, invisible signs. */
const RUN = /\+?\p{Nd}(?:(?:[\s\p{Cf}\p{Pd}().,/_·•]|%20){0,3}\p{Nd})*/gu;
const GROUP = /(?:(?<!%[\dA-Fa-f]?)\p{Nd})+/gu;
/** Of a number: https://www.itu.int/rec/T-REC-E.164. */
const MOST_DIGITS = 15;
const NO_DIGITS = /^(?:%20|\P{Nd})*/u;

export type PhoneNumbers = {
  /** The text may hold several numbers, and more: `tel:13812345678;ext=12`. Too few digits are left out. */
  readonly add: (text: string) => void;
  /** The text with these numbers masked, in any notation, with or without country code. */
  readonly maskedIn: (text: string) => string;
};

/**
 * Knows numbers by their last 7 digits, since a country code or a leading zero may come and go. So one look goes
 * once over a text, however many numbers there are.
 */
export function createPhoneNumbers(): PhoneNumbers {
  /** By the last digits: how many digits the longest such number has. */
  const known = new Map<string, number>();

  function know(digits: string): void {
    if (digits.length < FEWEST_DIGITS) return;
    const last = digits.slice(-FEWEST_DIGITS);
    known.set(last, Math.max(known.get(last) ?? 0, digits.length));
  }

  const add = (text: string) => numbersIn(text).forEach(know);

  /** The places of the digits of a run, from the first to be masked to the last. */
  function spans(digits: string): readonly Span[] {
    const found: Span[] = [];
    for (let end = digits.length; end >= FEWEST_DIGITS;) {
      const length = known.get(digits.slice(end - FEWEST_DIGITS, end));
      const start = length === undefined ? end - 1 : Math.max(0, end - length);
      if (length !== undefined) found.push({ start, end });
      end = start;
    }
    return found.toReversed();
  }

  function maskedRun(run: string): string {
    const found = spans(digitsOf(run));
    return found.length === 0 ? run : cut(run, found);
  }

  return { add, maskedIn: (text) => (known.size === 0 ? text : text.replaceAll(RUN, maskedRun)) };
}

/** Digits of all that may be a number in the text. Takes too many rather than too few. */
function numbersIn(text: string): string[] {
  const runs = text.match(RUN) ?? [];
  const wholes = [text, ...runs].map(digitsOf).filter(({ length }) => length <= MOST_DIGITS);
  return [...wholes, ...runs.flatMap(numbersInRun)];
}

/** Where several numbers stand one after the other, each may end with any group of digits. */
function numbersInRun(run: string): string[] {
  const groups = (run.match(GROUP) ?? []).map(digitsOf);
  if (digitsOf(run).length <= MOST_DIGITS) return groups;
  const ends: string[] = [];
  for (const group of groups) ends.push(((ends.at(-1) ?? '') + group).slice(-MOST_DIGITS));
  return [...groups, ...ends];
}

type Span = { readonly start: number; readonly end: number };

function cut(run: string, spans: readonly Span[]): string {
  const ends = [...run.matchAll(DIGIT)].map((digit) => digit.index + digit[0].length);
  let [masked, kept] = ['', 0];
  for (const { start, end } of spans) {
    const [from, to] = [start === 0 ? 0 : (ends[start - 1] ?? 0), ends[end - 1] ?? run.length];
    const between = run.slice(from, to).match(NO_DIGITS)?.[0] ?? '';
    masked += run.slice(kept, from) + (start === 0 ? '' : between) + maskedPhone(run.slice(from, to));
    kept = to;
  }
  return masked + run.slice(kept);
}
