import { RingbackError } from '@ringback/contracts';

/** Both from 1. */
export type Place = { readonly line: number; readonly column: number };

type Problem = Place & { readonly text: string };

export type Problems = {
  /** `path` is the key, such as `outputs[0].timeout`; '' for the whole file. */
  report(place: Place, path: string, text: string): void;
  /** With file, line, column and key. */
  lineOf(place: Place, path: string, text: string): string;
  readonly count: () => number;
  /** @throws RingbackError RB_CONFIG_INVALID with a line per problem, in the order of the file */
  throwIfAny(): void;
};

/** Collects all problems, so that a person can fix them at once. `file`: its name in messages. */
export function createProblems(file: string): Problems {
  const problems: Problem[] = [];
  const lineOf: Problems['lineOf'] = ({ line, column }, path, text) =>
    `${file}:${line}:${column} ${path === '' ? text : `${path}: ${text}`}`;
  return {
    report: ({ line, column }, path, text) => {
      problems.push({ line, column, text: lineOf({ line, column }, path, text) });
    },
    lineOf,
    count: () => problems.length,
    throwIfAny: () => {
      if (problems.length === 0) return;
      const inOrder = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
      throw new RingbackError('RB_CONFIG_INVALID', [...new Set(inOrder.map(({ text }) => text))].join('\n'));
    },
  };
}

export function join(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}
