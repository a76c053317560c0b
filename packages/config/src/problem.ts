import { RingbackError } from '@ringback/contracts';

/** Where something stands in the settings file; both count from 1. */
export type Place = { readonly line: number; readonly column: number };

type Problem = Place & { readonly text: string };

export type Problems = {
  /** Notes a problem at a place of the file. `path` is the key, such as `outputs[0].timeout`; '' for the file as a whole. */
  report(place: Place, path: string, text: string): void;
  /** A problem as a line that names file, line, column and key. */
  lineOf(place: Place, path: string, text: string): string;
  readonly count: () => number;
  /** @throws RingbackError RB_CONFIG_INVALID with a line for each problem, in the order of the file; does nothing if there is none. */
  throwIfAny(): void;
};

/** Collects what is wrong with a settings file, so that a person can mend all of it at once. `file` is its name in the messages. */
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

/** The path of `key` below `path`: `outputs[0].timeout`. */
export function join(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}
