import isSafe from 'safe-regex2';

/**
 * Whether a text is a regular expression without nested repetition, such as `(a+)+`, which would take for ever on the wrong text. CEL
 * asks for an engine in linear time; the one at hand is JavaScript's. This finds the commonest danger, not all: `(a|a)*` passes.
 */
export function isSafePattern(pattern: string): boolean {
  try {
    return isSafe(new RegExp(pattern));
  } catch {
    return false;
  }
}
