import type { Places } from './rewrite-json.ts';

/** Null: anything. */
export type PathStep = string | number | null;

const STEPS = /\.([^.[\]*]+)|\.\*|\[\*\]|\[(\d+)\]|\['([^']+)'\]/g;
const NEVER = -1;

/** How many steps of a pattern led to a place; `matched` of them: the place is at the pattern or below it. */
export type Pattern = Places<number> & { readonly matched: number };

/** The settings' schema checks the text. */
export function pathSteps(text: string): PathStep[] {
  return [...text.matchAll(STEPS)].map(([, name, index, quoted]) =>
    index === undefined ? (name ?? quoted ?? null) : Number(index),
  );
}

/** A list on the way may be left out: `$.items.email` is `$.items[*].email`. */
export function pathPattern(text: string): Pattern {
  const steps = pathSteps(text);
  const matched = steps.length;
  return {
    top: 0,
    matched,
    below(at, part) {
      const step = steps[at];
      if (at === NEVER || step === undefined) return at;
      if (step === null || step === part) return at + 1;
      return typeof part === 'string' || typeof step === 'number' ? NEVER : at;
    },
  };
}

/** Matches at a key that fits and below it. */
export function keyPattern(fits: (key: string) => boolean): Pattern {
  return { top: 0, matched: 1, below: (at, part) => (at === 1 || (typeof part === 'string' && fits(part)) ? 1 : 0) };
}

/** For each pattern how far it came. */
type Progress = readonly number[];
export type AnyOf = Places<Progress> & { readonly matches: (progress: Progress) => boolean };

export function anyOf(patterns: readonly Pattern[]): AnyOf {
  return {
    top: patterns.map(({ top }) => top),
    below(progress, step) {
      const next = patterns.map(({ below, top }, index) => below(progress[index] ?? top, step));
      // Deep nesting takes no memory where nothing changes.
      return next.every((at, index) => at === progress[index]) ? progress : next;
    },
    matches: (progress) => patterns.some(({ matched }, index) => progress[index] === matched),
  };
}
