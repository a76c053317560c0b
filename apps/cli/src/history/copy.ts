import { dirname, resolve } from 'node:path';
import type { Config } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import { copyHistory, type Copied } from '@ringback/operations';
import { type Env, loadSettings } from '../reach/load-settings.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { historyOff, type OpenedHistory, openHistoryOf } from '../reach/with-history.ts';

type Options = {
  readonly env: Env;
  /** Settings files. */
  readonly from: string;
  readonly to: string;
  readonly rest: boolean;
  readonly json: boolean;
  readonly terminal: Terminal;
};

const TELL_EVERY_MS = 1000;

/** True if the new history has all of the old one. @throws RingbackError of the settings or of a history */
export async function copyTo({ settings, history }: OpenedHistory, options: Options): Promise<boolean> {
  const { env, from, to, rest, json, terminal } = options;
  const target = loadSettings({ path: to, env });
  if (target.history === undefined) throw historyOff();
  if (placeOf(settings, from) === placeOf(target, to))
    throw new RingbackError('RB_CONFIG_INVALID', `the history of ${to} is the one that is to be copied`);
  const store = await openHistoryOf(target, to, { create: true });
  if (store === undefined) throw historyOff();
  try {
    const onProgress = progress(terminal);
    const copied = await copyHistory({ from: history, to: store, rest, onProgress, now: Date.now });
    tell(copied, { rest, json, terminal });
    return copied.missing === 0;
  } finally {
    await store.close();
  }
}

function progress({ err }: Terminal): (done: number, all: number) => void {
  let told = performance.now();
  return (done, all) => {
    if (performance.now() - told < TELL_EVERY_MS) return;
    told = performance.now();
    err(`${done} of ${all} callbacks`);
  };
}

function tell(copied: Copied, { rest, json, terminal }: Pick<Options, 'rest' | 'json' | 'terminal'>): void {
  if (json) return terminal.out(JSON.stringify(copied));
  const { callbacks, deliveries, attempts, moved, resting, missing } = copied;
  terminal.out(`copied ${callbacks} callbacks, ${deliveries} deliveries, ${attempts} attempts; moved ${moved} that rest`);
  if (missing > 0) terminal.err(`the new history lacks ${missing} callbacks: run it again`);
  if (resting > 0 && !rest)
    terminal.err(
      `${resting} rest in the old history still: once all workers run with the new settings, run it again with --rest`,
    );
}

function placeOf({ history }: Config, settingsPath: string): string {
  if (history?.store === 'sqlite') return resolve(dirname(settingsPath), history.path ?? '');
  return `${history?.url?.reveal()} ${history?.schema}`;
}
