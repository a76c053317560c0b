import type { DatabaseSync } from 'node:sqlite';
import type { Run } from './rest.ts';

/** What was removed is in the log until a checkpoint overwrites it in the file. False: a reader held it for too long. */
export async function emptyLog(file: DatabaseSync, { read }: Pick<Run, 'read'>): Promise<boolean> {
  return await read(() => file.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0);
}
