import type { GapRow, RefusalRow } from './rows.ts';

/** Refusals and gaps have the same columns in each store, and texts as the store keeps them. */
export function createSmallRowReaders<T>(toText: (value: T | undefined) => string) {
  type Row = Readonly<Record<string, T>>;
  return {
    refusal: (row: Row): RefusalRow => {
      const source = toText(row['source']);
      return {
        process: toText(row['process']),
        minute: Number(row['minute']),
        source: source === '' ? undefined : source,
        code: toText(row['code']),
        count: Number(row['count']),
      };
    },
    gap: (row: Row): GapRow => ({
      id: toText(row['id']),
      from: Number(row['since']),
      to: Number(row['until']),
      callbacks: Number(row['callbacks']),
      attempts: Number(row['attempts']),
      reason: toText(row['reason']),
    }),
  };
}
