import { compareSettings, settingsFile } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import type { Command } from 'commander';
import { examine } from '../check/check.ts';
import { type Env, inspectSettings } from '../reach/load-settings.ts';
import { withConfig } from '../reach/with-redis.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { differencesOf } from './differences.ts';
import { diffLines } from './text.ts';

type Context = {
  readonly program: Command;
  readonly env: Env;
  readonly terminal: Terminal;
  readonly exit: (code: (typeof EXIT)[keyof typeof EXIT]) => void;
  readonly fromCaller: (path: string) => string;
};
type Options = { readonly config?: string; readonly json: boolean };

/** As of diff(1), so that a script can tell a broken file from one that differs. */
const EXIT = { same: 0, differs: 1, failed: 2 } as const;

const HELP = `
Secrets are only said to be changed. Variables are those of this shell, and relative paths of files with secrets
begin at the folder of each settings file.
Exit code 0: the settings are the same. 1: they differ. 2: one of the files cannot be used, or none was named.`;

export function addDiff({ program, env, terminal, exit, fromCaller }: Context): void {
  withConfig(program.command('diff').description('what a reload of a new settings file would change. Needs no Redis'))
    .argument('<new.yaml>', 'the new settings file')
    .option('--json', 'one JSON object', false)
    .addHelpText('after', HELP)
    .action((file: string, { config = settingsFile(env), json }: Options) => {
      try {
        // A secret of today that is missing here is not the new one.
        const before = inspectSettings({ path: config, env, secrets: 'lazy' });
        const found = differencesOf(compareSettings(before, examineSound(fromCaller(file), env)));
        if (json) terminal.out(JSON.stringify(found));
        else diffLines(found).forEach(terminal.out);
        exit(found.differs ? EXIT.differs : EXIT.same);
      } catch (error) {
        if (!(error instanceof RingbackError)) throw error;
        terminal.err(`${error.code}: ${error.message}`);
        exit(EXIT.failed);
      }
    });
}

/** @throws RingbackError as `check` */
function examineSound(path: string, env: Env) {
  const examined = examine({ path, env });
  if (examined.problems.length > 0) throw new RingbackError('RB_CONFIG_INVALID', examined.problems.join('\n'));
  return examined;
}
