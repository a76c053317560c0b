import { writeFileSync } from 'node:fs';
import { RingbackError } from '@ringback/contracts';
import type { Terminal } from '../terminal/terminal.ts';
import { askAll } from './questions.ts';
import { type Answers, neededVariables, settingsText } from './settings-text.ts';

export type InitOptions = {
  /** The settings file to write. */
  readonly path: string;
  /** Asks nothing. */
  readonly yes: boolean;
  /** Overwrites a file. */
  readonly force: boolean;
  readonly terminal: Terminal;
};

/** What runs without any preparation. */
const FIRST_LOOK: Answers = { source: 'callbot', output: 'stdout' };

/** Writes a settings file. False: nothing was written. @throws RingbackError RB_CONFIG_UNREADABLE if the file cannot be written */
export async function init({ path, yes, force, terminal }: InitOptions): Promise<boolean> {
  const { stdin: input, stdout: output } = process;
  if (!yes && !(input.isTTY && output.isTTY)) {
    terminal.err('There is no terminal to ask questions at: use --yes for settings that run as they are.');
    return false;
  }
  const answers = yes ? FIRST_LOOK : await askAll({ input, output });
  if (answers === undefined) return false;
  const text = settingsText(answers);
  if (!write(path, text, force)) {
    terminal.err(`${path} exists already: name another file, or overwrite it with --force.`);
    return false;
  }
  terminal.out(`wrote ${path}`);
  const variables = neededVariables(text);
  if (variables.length > 0) terminal.out(`Set ${variables.join(' and ')} in the environment of Ringback.`);
  terminal.out('Next: `ringback check` checks it, `ringback start` runs it, `ringback send task` posts a sample callback.');
  return true;
}

/** False: there is such a file. */
function write(path: string, text: string, force: boolean): boolean {
  try {
    writeFileSync(path, text, { flag: force ? 'w' : 'wx' });
    return true;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    if (code === 'EEXIST') return false;
    throw new RingbackError('RB_CONFIG_UNREADABLE', `${path} cannot be written: ${code}`, { cause });
  }
}
