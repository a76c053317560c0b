import { readFileSync, statSync } from 'node:fs';
import { inspectConfig, type InspectedConfig, type LoadOptions } from './load.ts';

/** Reads the settings again and again, and knows the files that they were read from. */
export type SettingsReader = {
  /** @throws RingbackError as `inspectConfig` */
  read(): InspectedConfig;
  /** The settings file and those with secrets, as of the last read. */
  files(): readonly string[];
  /** One of them is no longer what was read last. */
  changed(): boolean;
};

export function createSettingsReader(options: Omit<LoadOptions, 'readFile'>): SettingsReader {
  let seen = new Map<string, string>();
  return {
    read() {
      const found = new Map<string, string>();
      seen = found;
      return inspectConfig({
        ...options,
        readFile(path) {
          // MUST come first: what changes meanwhile counts as changed.
          found.set(path, stateOf(path));
          return readFileSync(path);
        },
      });
    },
    files: () => [...seen.keys()],
    changed: () => [...seen].some(([path, state]) => stateOf(path) !== state),
  };
}

/** Follows links: of a mounted ConfigMap only a link changes. */
function stateOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'away';
  }
}
