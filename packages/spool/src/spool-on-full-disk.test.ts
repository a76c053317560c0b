import { join } from 'node:path';
import { canMount, smallDisk } from '@ringback/testkit';
import { describe, expect, it } from 'vitest';
import type { Spool } from './spool.ts';
import { batch, callback, fill, large, open, takeAll } from './test-spool.ts';

describe.skipIf(!canMount())('a spool on a disk that is full', () => {
  it('leaves on a small disk the room that it needs to become empty again by itself', () => {
    const { path } = onDisk();
    const spool = open(path);
    const [some, more] = [fill(spool), fill(spool, 4)];
    expect([some.refusal, more.refusal]).toMatchObject([{ code: 'RB_SPOOL_FULL' }, { code: 'RB_SPOOL_FULL' }]);
    expect(some.kept.length).toBeGreaterThan(0);
    expect(spool.refusal()).toMatchObject({ code: 'RB_SPOOL_FULL' });
    expect(takeAll(spool)).toEqual([...some.kept, ...more.kept]);
    expect(spool.refusal()).toBeUndefined();
    expect(fill(spool).kept.length).toBeGreaterThan(0);
  });

  it('gives back all of it once while others leave no room even to delete it, and deletes it when they do', () => {
    const { path, ballast } = onDisk();
    const spool = open(path);
    const kept = ['a', 'b', 'c'];
    for (const id of kept) spool.put(batch(id, callback(id, large(100))));
    ballast.add();
    expect(takeAllOnFullDisk(spool)).toEqual(kept);
    expect(() => spool.oldest()).toThrow(expect.objectContaining({ code: 'RB_SPOOL_FULL' }));
    expect([spool.size(), spool.refusal()]).toEqual([0, expect.objectContaining({ code: 'RB_SPOOL_FULL' })]);
    ballast.remove();
    spool.put(batch('after'));
    expect(takeAll(spool)).toEqual(['after']);
    spool.close();
    expect(open(path).oldest()).toEqual([]);
  });
});

/** As `takeAll`, without the look that finds it empty. */
function takeAllOnFullDisk(spool: Spool): string[] {
  const all: string[] = [];
  while (spool.size() > 0) {
    const batches = spool.oldest();
    all.push(...batches.map(({ id }) => id));
    spool.remove(batches);
  }
  return all;
}

/** A path on a disk of 20 MiB, and what others may fill it with. */
function onDisk() {
  const { folder, ballast } = smallDisk(20);
  return { path: join(folder, 'spool.sqlite'), ballast };
}
