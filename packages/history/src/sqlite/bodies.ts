import type { DatabaseSync } from 'node:sqlite';
import { type BodyHead, type BodyStore, HEAD_LENGTH } from '../store/bodies.ts';
import type { Run } from './rest.ts';
import { fromText, toText } from './values.ts';

const PORTION = 1000;

export function createBodyStore(file: DatabaseSync, run: Run): BodyStore {
  const body = file.prepare('SELECT body FROM bodies WHERE n = (SELECT n FROM callbacks WHERE receivedAt = ? AND key = ?)');
  // By the callback: the number of one that is gone may be another's now.
  const replace = file.prepare(
    'UPDATE bodies SET body = ? WHERE n = (SELECT n FROM callbacks WHERE receivedAt = ? AND key = ?) AND body = ?',
  );
  return {
    heads: () => readHeads(file, run),
    read: (refs) =>
      run.read(() =>
        refs.flatMap(({ receivedAt, key }) => {
          const row = body.get(receivedAt, key);
          return row === undefined ? [] : [{ receivedAt, key, body: toText(row['body']) }];
        }),
      ),
    replace: (changes) =>
      run.write(() =>
        changes.reduce((sum, { receivedAt, key, was, body: next }) => {
          return sum + Number(replace.run(fromText(next), receivedAt, key, fromText(was)).changes);
        }, 0),
      ),
  };
}

/** In the order of writing. Of a body only the first page of the file is read. */
async function* readHeads(file: DatabaseSync, { read }: Run): AsyncGenerator<BodyHead[]> {
  const heads = file.prepare(`SELECT b.n, c.receivedAt, c.key, substr(b.body, 1, ${HEAD_LENGTH}) AS head
    FROM bodies b JOIN callbacks c ON c.n = b.n WHERE b.n > ? ORDER BY b.n LIMIT ${PORTION}`);
  for (let after = 0; ;) {
    const from = after;
    const rows = await read(() => heads.all(from));
    if (rows.length > 0)
      yield rows.map((row) => ({
        receivedAt: Number(row['receivedAt']),
        key: String(row['key']),
        head: toText(row['head']),
      }));
    if (rows.length < PORTION) return;
    after = Number(rows.at(-1)?.['n']);
  }
}
