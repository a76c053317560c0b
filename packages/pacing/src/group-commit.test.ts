import { describe, expect, it } from 'vitest';
import { createGroupCommit, type GroupCommitOptions } from './group-commit.ts';

/** A write that ends when the test says so. */
function controlledWrites() {
  const writes: { group: string[]; succeed: () => void; fail: (error: Error) => void }[] = [];
  const write = (group: readonly string[]) =>
    new Promise<void>((succeed, fail) => {
      writes.push({ group: [...group], succeed, fail });
    });
  return { writes, write };
}

function setUp(overrides: Partial<GroupCommitOptions<string>> = {}) {
  const { writes, write } = controlledWrites();
  const commit = createGroupCommit({ write, sizeOf: (item: string) => item.length, maxItems: 3, maxBytes: 10, ...overrides });
  const settled: string[] = [];
  const submit = (item: string) =>
    commit.submit(item).then(
      () => settled.push(`${item} written`),
      (error: unknown) => settled.push(`${item} ${error instanceof Error ? error.message : 'failed'}`),
    );
  return { commit, writes, settled, submit };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('group commit', () => {
  it('sends what finds nothing under way at once and alone, and what comes meanwhile together', async () => {
    const { writes, submit, settled } = setUp();
    void submit('a');
    void submit('b');
    void submit('c');
    expect(writes.map(({ group }) => group)).toEqual([['a']]);
    writes[0]?.succeed();
    await nextTurn();
    expect(writes.map(({ group }) => group)).toEqual([['a'], ['b', 'c']]);
    expect(settled).toEqual(['a written']);
    writes[1]?.succeed();
    await nextTurn();
    expect(settled).toEqual(['a written', 'b written', 'c written']);
  });

  it('after a group of several waits for its pace, unless the next is full, and never after one alone', async () => {
    const paces: (() => void)[] = [];
    const { writes, submit } = setUp({ pace: () => new Promise((resolve) => paces.push(resolve)) });
    const groups = () => writes.map(({ group }) => group.join(''));
    const written = async () => {
      writes.at(-1)?.succeed();
      await nextTurn();
    };
    for (const item of 'abc') void submit(item);
    await written();
    expect([groups(), paces.length]).toEqual([['a', 'bc'], 1]);
    await written();
    void submit('d');
    await nextTurn();
    expect(groups()).toEqual(['a', 'bc']);
    paces[0]?.();
    await nextTurn();
    expect(groups()).toEqual(['a', 'bc', 'd']);
    await written();
    void submit('e');
    expect(groups()).toEqual(['a', 'bc', 'd', 'e']);
    for (const item of 'fghijk') void submit(item);
    await written();
    await written();
    expect(groups()).toEqual(['a', 'bc', 'd', 'e', 'fgh', 'ijk']);
  });

  it('bounds a group by items and by bytes, keeps the order, and lets an item beyond the bound go alone', async () => {
    const { writes, submit, commit } = setUp();
    const items = ['first', '1', '2', '3', '4', '12345678', '123', 'far beyond the bound', 'z'];
    for (const item of items) void submit(item);
    while (writes.at(-1)?.group.at(-1) !== 'z') {
      writes.at(-1)?.succeed();
      await nextTurn();
    }
    writes.at(-1)?.succeed();
    await commit.idle();
    expect(writes.map(({ group }) => group)).toEqual([
      ['first'],
      ['1', '2', '3'],
      ['4', '12345678'],
      ['123'],
      ['far beyond the bound'],
      ['z'],
    ]);
  });

  it('fails the members of a failed write, and no others', async () => {
    const { writes, submit, settled } = setUp();
    for (const item of ['a', 'b', 'c']) void submit(item);
    writes[0]?.succeed();
    await nextTurn();
    void submit('d');
    writes[1]?.fail(new Error('failed'));
    await nextTurn();
    writes[2]?.succeed();
    await nextTurn();
    expect(settled).toEqual(['a written', 'b failed', 'c failed', 'd written']);
  });

  it('refuses an item that waited too long', async () => {
    let now = 0;
    const { writes, submit, settled } = setUp({ expiry: { after: 100, error: () => new Error('expired'), now: () => now } });
    void submit('a');
    void submit('late');
    now = 50;
    void submit('fresh');
    now = 120;
    writes[0]?.fail(new Error('timed out'));
    await nextTurn();
    expect(writes[1]?.group).toEqual(['fresh']);
    writes[1]?.succeed();
    await nextTurn();
    expect(settled).toEqual(['a timed out', 'late expired', 'fresh written']);
  });

  it('is idle only when all is written', async () => {
    const { commit, writes, submit } = setUp();
    await commit.idle();
    void submit('a');
    let idle = false;
    const done = (async () => {
      await commit.idle();
      idle = true;
    })();
    await nextTurn();
    expect(idle).toBe(false);
    writes[0]?.succeed();
    await done;
    expect(idle).toBe(true);
  });
});
