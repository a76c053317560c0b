import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '@ringback/contracts';
import type { SettingsReader } from './settings-reader.ts';

/** ms without a change after which a file counts as whole. Half of a file may be valid YAML. */
export const WHOLE_AFTER_MS = 3000;
/** ms. A folder may hold files that are written all the time, such as a spool. */
const GATHER_MS = 200;
/** For folders that tell nothing: those of a network, and those behind a link. */
export const LOOK_EVERY_MS = 10_000;

export type WatchOptions = {
  readonly reader: Pick<SettingsReader, 'files' | 'changed' | 'fingerprint'>;
  readonly onChange: () => void;
  readonly logger: Logger;
};

/** Sees changes of the settings' files, of links to them as well. Keeps no process alive. */
export function watchFiles({ reader, onChange, logger }: WatchOptions): { follow(on: boolean): void } {
  const folders = createFolders(gather, logger);
  let gathering: NodeJS.Timeout | undefined;
  let looking: NodeJS.Timeout | undefined;
  let settling: NodeJS.Timeout | undefined;
  let isSettling = false;

  function gather(): void {
    if (!isSettling) gathering ??= setTimeout(look, GATHER_MS).unref();
  }

  function look(): void {
    clearTimeout(gathering);
    gathering = undefined;
    if (looking === undefined || isSettling) return;
    folders.watch(reader.files());
    if (reader.changed()) void settle(looking);
  }

  /** Until the files have been the same for a whole while. */
  async function settle(during: NodeJS.Timeout, before?: string): Promise<void> {
    isSettling = true;
    const now = await reader.fingerprint();
    if (looking !== during) return;
    if (now !== before) {
      settling = setTimeout(() => void settle(during, now), WHOLE_AFTER_MS).unref();
      return;
    }
    isSettling = false;
    folders.watch(reader.files());
    if (reader.changed()) onChange();
  }

  return {
    follow(on) {
      if (on === (looking !== undefined)) return;
      clearInterval(looking);
      for (const timer of [settling, gathering]) clearTimeout(timer);
      [gathering, isSettling] = [undefined, false];
      looking = on ? setInterval(look, LOOK_EVERY_MS).unref() : undefined;
      if (on) look();
      else folders.watch([]);
    },
  };
}

/** Files are replaced, so their folders are watched. */
function createFolders(onEvent: () => void, logger: Logger) {
  const watchers = new Map<string, FSWatcher>();

  function open(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, onEvent);
      watcher.on('error', () => forget(folder));
      watchers.set(folder, watcher);
    } catch (err) {
      logger.debug({ err, folder }, 'cannot watch a folder; its files are looked at every 10 s');
    }
  }

  function forget(folder: string): void {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  }

  return {
    /** Of these files, and no others. */
    watch(files: readonly string[]): void {
      const folders = new Set(files.map((file) => dirname(file)));
      for (const folder of watchers.keys()) if (!folders.has(folder)) forget(folder);
      for (const folder of folders) if (!watchers.has(folder)) open(folder);
    },
  };
}
