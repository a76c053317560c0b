import { RE2JS } from 're2js';

/** RE2: time is linear in the text's length. */
export type LinearPattern = {
  readonly matches: (text: string) => boolean;
  /** Steps for the worst text of this length. */
  readonly cost: (text: string) => number;
};

/** Measured: usually 10 ns a character; at worst 18 ns for each character and instruction. */
const COST_SHIFT = 64;

/** @throws Error if the text is no RE2 pattern */
export function compilePattern(pattern: string): LinearPattern {
  const compiled = RE2JS.compile(pattern);
  const instructions = compiled.programSize();
  return {
    matches: (text) => compiled.test(text),
    cost: (text) => Math.floor((text.length * instructions) / COST_SHIFT),
  };
}

export function patternProblem(pattern: string): string | undefined {
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'unknown';
    return `the pattern ${JSON.stringify(pattern)} is not a regular expression of RE2, which knows no look-around and no back-references: ${reason}`;
  }
}
