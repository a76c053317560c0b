import type { HistoryRows, HistoryStore } from '@ringback/history';
import { linesOf, rowOfLine, rowsOfLines } from './row-lines.ts';

const ROWS_AT_ONCE = 1000;

/** A history as lines of JSON, everything but what rests. Holds personal data. `since`: by `receivedAt`, ms. */
export async function* exportRows(store: HistoryStore, since = 0): AsyncGenerator<string> {
  for await (const rows of store.all()) yield* linesOf(since === 0 ? rows : received(rows, since));
}

function received(rows: HistoryRows, since: number): HistoryRows {
  const isNew = ({ receivedAt }: { readonly receivedAt: number }) => receivedAt >= since;
  return {
    callbacks: rows.callbacks.filter(isNew),
    repeats: rows.repeats.filter(isNew),
    deliveries: rows.deliveries.filter(isNew),
    attempts: rows.attempts.filter(isNew),
    refusals: rows.refusals.filter(({ minute }) => minute >= since),
    actions: rows.actions.filter(({ at }) => at >= since),
    gaps: rows.gaps.filter(({ to }) => to >= since),
  };
}

/**
 * Resolves to how many rows were written. May be interrupted and run again: what is there stays as it is. @throws
 * RingbackError RB_PAYLOAD_INVALID that names the line; the rows before it are written. And those of the store
 */
export async function importRows(store: HistoryStore, lines: AsyncIterable<string>): Promise<number> {
  let portion: ReturnType<typeof rowOfLine>[] = [];
  let number = 0;
  let written = 0;
  async function write(): Promise<void> {
    if (portion.length > 0) await store.write(rowsOfLines(portion));
    written += portion.length;
    portion = [];
  }
  for await (const line of lines) {
    number += 1;
    if (line === '') continue;
    try {
      portion.push(rowOfLine(line, number));
    } catch (error) {
      await write();
      throw error;
    }
    if (portion.length >= ROWS_AT_ONCE) await write();
  }
  await write();
  return written;
}
