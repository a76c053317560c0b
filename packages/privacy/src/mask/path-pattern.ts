/** Null: anything. */
type Step = string | number | null;

const STEPS = /\.([^.[\]*]+)|\.\*|\[\*\]|\[(\d+)\]|\['([^']+)'\]/g;

/**
 * Tells whether a value is at this path or below it. A list on the way may be left out: `$.items.email` is
 * `$.items[*].email`. Paths are checked by the schema of the settings.
 */
export function pathPattern(text: string): (path: readonly (string | number)[]) => boolean {
  const steps: Step[] = [...text.matchAll(STEPS)].map(([, name, index, quoted]) =>
    index === undefined ? (name ?? quoted ?? null) : Number(index),
  );
  return (path) => {
    let at = 0;
    for (const part of path) {
      const step = steps[at];
      if (step === undefined) return true;
      if (step === null || step === part) at += 1;
      else if (typeof part === 'string' || typeof step === 'number') return false;
    }
    return at === steps.length;
  };
}
