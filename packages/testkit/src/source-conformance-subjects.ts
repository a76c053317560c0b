import type { Subjects } from '@ringback/contracts';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { AT, NAME, type SourceBench } from './source-bench.ts';

const LONGEST_ID = 200;

/** For the history, which may be asked about what an earlier version took. */
export function describeSubjects({ source, sender, kinds }: SourceBench): void {
  if (source.subjects === undefined) return;
  const subjects = (type: string, body: string) =>
    source.subjects?.({ id: 'r-1', source: NAME, account: 'a', type, time: AT, receivedAt: AT, body });
  const types = kinds.flatMap((kind) => [`${source.name}.${kind}`, `callbot.${kind}`, `callbot.${kind}.completed`]);

  it('says of any body what it is about, in ids and counters that any database takes', () => {
    const samples = kinds.map((kind) => JSON.parse(sender.sample({ kind, at: AT })) as unknown);
    const anything = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 500 }), fc.constant('x'.repeat(300)));
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(fc.constantFrom(...samples), fc.infiniteStream(anything), fc.infiniteStream(fc.boolean())).map(changed),
    );
    expect(() =>
      fc.assert(
        fc.property(fc.constantFrom(...types), body, (type, text) => {
          const found = subjects(type, text);
          return found === undefined || isSafe(found);
        }),
      ),
    ).not.toThrow();
    for (const type of types) expect(isSafe(subjects(type, '['.repeat(200_000)) ?? {})).toBe(true);
  });
}

/** A sample with some of its values replaced. */
function changed([sample, values, choices]: [unknown, Iterator<unknown>, Iterator<boolean>]): string {
  const other = (value: unknown): unknown => {
    if (choices.next().value === true) return values.next().value;
    if (Array.isArray(value)) return value.map(other);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, other(inner)]));
  };
  return JSON.stringify(other(sample)) ?? '';
}

function isSafe({ progress, orderFinished, ...ids }: Subjects): boolean {
  const { state = '', ...counters } = progress ?? {};
  return (
    Object.values(ids).every((id) => id === undefined || isId(id)) &&
    [true, false, undefined].includes(orderFinished) &&
    (progress === undefined || /^[a-z_]+$/.test(state)) &&
    Object.values(counters).every((count) => count === undefined || isCount(count))
  );
}

function isId(id: string): boolean {
  return id !== '' && id.length <= LONGEST_ID && id === id.trim() && id.isWellFormed() && !/\p{Cc}/u.test(id);
}

const isCount = (count: number) => Number.isSafeInteger(count) && count >= 0;
