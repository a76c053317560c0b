import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentedFields, documentedLines } from './documented-lines.ts';
import { logCalls } from './log-calls.ts';

const calls = logCalls(join(import.meta.dirname, '..'));
const rows = new Map(documentedLines.map((row) => [row.message, row]));
const sorted = (words: Iterable<string>) => [...words].toSorted((a, b) => a.localeCompare(b));

describe('docs/logs.md', () => {
  it('has a row for every message that the sources log, and no other', () => {
    expect(sorted(rows.keys())).toEqual(sorted(calls.keys()));
    expect(documentedLines).toHaveLength(rows.size);
  });

  it.each([...calls.values()].filter(({ message }) => rows.has(message)))(
    'knows level, code and fields of "$message"',
    (call) => {
      const { levels = [], codes = [], fields = [] } = rows.get(call.message) ?? {};
      expect(sorted(levels)).toEqual(sorted(call.levels));
      // Fields and codes that come from elsewhere stand in the page alone: real lines hold it to them.
      const more = (open: boolean, words: readonly string[]) => (open ? words : []);
      expect(sorted(fields)).toEqual(sorted(new Set([...call.fields, ...more(call.hasMoreFields, fields)])));
      expect(sorted(codes)).toEqual(codes.includes('any') && call.hasMoreCodes ? ['any'] : sorted(call.codes));
    },
  );

  it('explains every field of a line once, and no other', () => {
    const used = new Set(documentedLines.flatMap(({ fields }) => fields));
    expect(sorted(documentedFields)).toEqual(sorted(new Set([...used, 'level', 'time', 'app', 'msg', 'shard'])));
  });
});
