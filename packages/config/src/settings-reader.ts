import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { inspectConfig, type InspectedConfig, inspectInSteps, type LoadOptions } from './load.ts';
import { readRegularFileSync, readRegularFile } from './regular-file.ts';
import type { ReadFile } from './secret-files.ts';

/** Reads the settings again and again, and knows the files that they were read from. */
export type SettingsReader = {
  /** For a start. @throws RingbackError as `inspectConfig` */
  read(): InspectedConfig;
  /** While requests are answered. Rejects as `read` throws, and at its next step once `signal` is aborted. */
  readAgain(signal: AbortSignal): Promise<InspectedConfig>;
  /** The files hold the same bytes as when these settings were read. */
  isUnchanged(settings: InspectedConfig): Promise<boolean>;
  /** The settings file and those with secrets, as of the last read. */
  files(): readonly string[];
  /** One of them is no longer what was read last: by its time, size and place on the disk. */
  changed(): boolean;
  /** The same text if no file has changed, not even within the resolution of its time. */
  fingerprint(): Promise<string>;
};

type Seen = { readonly state: string; readonly bytes?: Uint8Array };
type Files = ReadonlyMap<string, Seen>;

export function createSettingsReader(options: Omit<LoadOptions, 'readFile'>): SettingsReader {
  let files: Files = new Map();
  const readFrom = new WeakMap<InspectedConfig, Files>();

  /** Its files are known even if it fails. */
  function begin(readFile: ReadFile) {
    const begun = beginRead(readFile);
    files = begun.files;
    const keep = (settings: InspectedConfig) => {
      readFrom.set(settings, begun.files);
      return settings;
    };
    return { keep, options: { ...options, readFile: begun.readFile } };
  }

  return {
    read() {
      // A start may read a pipe.
      const begun = begin((path) => readFileSync(path));
      return begun.keep(inspectConfig(begun.options));
    },
    async readAgain(signal) {
      const begun = begin(readRegularFileSync);
      return begun.keep(await inspectInSteps(begun.options, signal));
    },
    async isUnchanged(settings) {
      const now = await filesNow([...(readFrom.get(settings) ?? [])]);
      if (now === undefined) return false;
      files = now;
      readFrom.set(settings, now);
      return true;
    },
    files: () => [...files.keys()],
    changed: () => [...files].some(([path, { state }]) => stateOf(path) !== state),
    async fingerprint() {
      const texts = await Promise.all([...files.keys()].map(async (path) => `${path} ${stateOf(path)} ${await digestOf(path)}`));
      return texts.join('\n');
    },
  };
}

function beginRead(readFile: ReadFile) {
  const files = new Map<string, Seen>();
  const read = (path: string) => {
    // MUST come first: what changes meanwhile counts as changed.
    const state = stateOf(path);
    files.set(path, { state });
    const bytes = Buffer.from(readFile(path));
    files.set(path, { state, bytes });
    return bytes;
  };
  return { files, readFile: read };
}

/** Undefined: one of them has other bytes, or there are none. */
async function filesNow(before: readonly (readonly [string, Seen])[]): Promise<Files | undefined> {
  const now = await Promise.all(
    before.map(async ([path, { bytes }]) => {
      const state = stateOf(path);
      const same = bytes !== undefined && (await bytesOf(path))?.equals(bytes) === true;
      return same ? ([path, { state, bytes }] as const) : undefined;
    }),
  );
  const found = now.filter((file) => file !== undefined);
  return found.length === 0 || found.length < before.length ? undefined : new Map(found);
}

async function digestOf(path: string): Promise<string> {
  const bytes = await bytesOf(path);
  return bytes === undefined ? '' : createHash('sha256').update(bytes).digest('base64');
}

async function bytesOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(path);
  } catch {
    return undefined;
  }
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
