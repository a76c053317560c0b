import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type Logger, RingbackError } from '@ringback/contracts';
import { compareInSteps, type SettingsChange } from './compare.ts';
import type { Steps } from './in-steps.ts';
import type { InspectedConfig } from './load.ts';
import { type App, restartedFor } from './needs-restart.ts';
import { onceForAll } from './once-for-all.ts';
import { readWhole } from './read-whole.ts';
import { partsAtOnce, type PartsDraft, partsInSteps, type SettingsParts } from './settings-parts.ts';
import type { SettingsReader } from './settings-reader.ts';
import { watchFiles } from './watch-files.ts';

/** The settings that a process runs, and how its last reload went. Holds no secret. */
type SettingsState = {
  readonly path: string;
  /** Of the parts: the same for processes of one app with the same settings. */
  readonly digest: string;
  /** ms since the epoch: when they were read. */
  readonly loadedAt: number;
  /** Of the last reload. Absent: it went well, or there was none. */
  readonly problem?: { readonly at: number; readonly code: string; readonly text: string };
  readonly reloads: { readonly succeeded: number; readonly failed: number };
};

export type ReloaderOptions = {
  readonly app: App;
  readonly path: string;
  readonly reader: SettingsReader;
  /** What the process started with. */
  readonly started: InspectedConfig;
  readonly partsOf: (config: InspectedConfig['config']) => Steps<PartsDraft>;
  /** Builds what is new, then uses it. MUST change nothing if it rejects. `signal`: the process stops. */
  readonly apply: (next: InspectedConfig, changes: readonly SettingsChange[], signal: AbortSignal) => Promise<void>;
  readonly logger: Logger;
};

export type Reloader = {
  /** Requests a run. Calls before it starts are merged. */
  readonly reload: () => void;
  readonly parts: () => SettingsParts;
  readonly state: () => SettingsState;
  /** No reload begins any more. One under way ends at its next step, and is waited for at most 5 s. */
  close(): Promise<void>;
};

/** ms from the begin of one reload to that of the next: a storm of signals or changes MUST NOT take the CPU. */
const AT_MOST_EVERY_MS = 1000;
/** ms. A disk that does not answer MUST NOT keep a process from stopping. */
const CLOSES_WITHIN_MS = 5000;
const MOST_TEXT = 2000;
const SHOWN_CHANGES = 50;

/** Takes changed settings while the process runs: all of them or none. */
export function createReloader(options: ReloaderOptions): Reloader {
  const { path, reader, started, partsOf, logger } = options;
  const closing = new AbortController();
  const running: Running = { settings: started, parts: partsAtOnce(partsOf(started.config)) };
  const watch = watchFiles({ reader, onChange: () => work.ask(), logger });
  let state: SettingsState = {
    path,
    digest: digestOf(running.parts),
    loadedAt: Date.now(),
    reloads: { succeeded: 0, failed: 0 },
  };

  const work = onceForAll(async () => {
    const { succeeded, failed } = state.reloads;
    try {
      const changed = await take(options, running, closing.signal);
      watch.follow(running.settings.config.settings.watch);
      const { problem: _over, ...rest } = state;
      const digest = digestOf(running.parts);
      state = { ...rest, digest, loadedAt: Date.now(), reloads: { succeeded: succeeded + 1, failed } };
      logger.info({ settings: path, digest, changed }, 'settings reloaded');
    } catch (err) {
      if (closing.signal.aborted) return logger.info({ settings: path }, 'settings not reloaded: the process stops');
      const problem = { at: Date.now(), ...wordsOf(err) };
      state = { ...state, problem, reloads: { succeeded, failed: failed + 1 } };
      logger.error({ settings: path, code: problem.code, err }, 'settings not reloaded: the earlier ones stay');
    }
  }, AT_MOST_EVERY_MS);

  watch.follow(started.config.settings.watch);
  return {
    reload: () => work.ask(),
    parts: () => running.parts,
    state: () => state,
    async close() {
      watch.follow(false);
      closing.abort();
      await Promise.race([work.close(), setTimeout(CLOSES_WITHIN_MS, undefined, { ref: false })]);
    },
  };
}

type Running = { settings: InspectedConfig; parts: SettingsParts };

/** Resolves to the names of what changed. */
async function take(options: ReloaderOptions, running: Running, signal: AbortSignal): Promise<readonly string[]> {
  const { app, reader, partsOf, apply } = options;
  if (await reader.isUnchanged(running.settings)) return [];
  const settings = await readWhole(reader, signal);
  const changes = await compareInSteps(running.settings, settings, signal);
  const names = [...new Set(changes.map(({ setting }) => setting))];
  const fixed = changes.filter((change) => restartedFor(change).includes(app));
  if (fixed.length > 0) throw needsRestart(fixed.map(({ setting }) => setting));
  if (changes.length > 0) {
    const parts = await partsInSteps(partsOf(settings.config), signal);
    signal.throwIfAborted();
    await apply(settings, changes, signal);
    running.parts = parts;
  }
  running.settings = settings;
  return names.slice(0, SHOWN_CHANGES);
}

function needsRestart(settings: readonly string[]): RingbackError {
  return new RingbackError(
    'RB_RELOAD_NEEDS_RESTART',
    `${settings.join(', ')} cannot change while the process runs: restart it, or take ${settings.length === 1 ? 'this change' : 'these changes'} back`,
  );
}

function wordsOf(error: unknown): { code: string; text: string } {
  if (!(error instanceof RingbackError)) return { code: 'RB_INTERNAL', text: 'a bug of ours; the log has it' };
  return { code: error.code, text: error.message.slice(0, MOST_TEXT) };
}

function digestOf(parts: SettingsParts): string {
  const sorted = Object.entries(parts).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url').slice(0, 16);
}
