import type { Kept } from './kept.ts';

/**
 * Several sources as one, newest first, as each of them is. Of two with the same time, that of the earlier source comes
 * first. Holds one entry of each source.
 */
export async function* newestFirst(sources: readonly AsyncIterable<Kept>[]): AsyncGenerator<Kept> {
  const readers = sources.map((source) => source[Symbol.asyncIterator]());
  try {
    const firsts = await Promise.all(readers.map((reader) => reader.next()));
    const heads = firsts.flatMap((first, index) => headOf(first, readers[index]));
    for (let newest = newestOf(heads); newest !== undefined; newest = newestOf(heads)) {
      yield newest.kept;
      const next = await newest.reader.next();
      if (next.done) heads.splice(heads.indexOf(newest), 1);
      else newest.kept = next.value;
    }
  } finally {
    await Promise.all(readers.map(async (reader) => reader.return?.()));
  }
}

type Head = { kept: Kept; readonly reader: AsyncIterator<Kept> };

function headOf(first: IteratorResult<Kept, unknown>, reader: AsyncIterator<Kept> | undefined): Head[] {
  return first.done || reader === undefined ? [] : [{ kept: first.value, reader }];
}

function newestOf(heads: readonly Head[]): Head | undefined {
  return heads.reduce<Head | undefined>((a, b) => (a === undefined || b.kept.time > a.kept.time ? b : a), undefined);
}
