import { settingsFile } from '@ringback/config';
import type { Command } from 'commander';
import { withPlaces } from '../reach/with-places.ts';
import { withConfig } from '../reach/with-redis.ts';
import { runRotate } from './rotate.ts';
import type { ActionContext } from '../terminal/command-context.ts';
import { showEncryption } from './status.ts';

type Shared = { readonly config?: string; readonly json: boolean };
type Rotating = Shared & { readonly dryRun: boolean; readonly yes: boolean };

const STATUS = `
Counts are of the moment: what moves meanwhile may count twice, or not at all. It reads every body's beginning in the history and
every payload in Redis, in portions. Exit code 1: a body names a key that is missing, or something was not reached.`;

const ROTATE = `
It changes what rests and what waits: in Redis all but what a worker has under way, in the history bodies and what rests there.
It may be killed and run again, beside processes that work. These MUST have the new key: they are asked first. What is in spools
goes to Redis by itself.
Exit code of --yes: 0, all is encrypted with the first key, and each older key can be removed. 1, something is left, which it names:
run it again later. Of --dry-run: 1, something was not reached. Without either, nothing is changed, and it is 1.`;

export function addPrivacy({ program, env, terminal, done }: ActionContext & { readonly program: Command }): void {
  const group = program.command('privacy').description('how bodies are encrypted at rest (privacy.encrypt)');
  withConfig(group.command('status').description('which key encrypts how many bodies, and where'))
    .option('--json', 'JSON: one object', false)
    .addHelpText('after', STATUS)
    .action(async ({ config, json }: Shared) => {
      const settingsPath = config ?? settingsFile(env);
      await withPlaces({ env, config, tellNone: terminal.err }, async (open) =>
        done(await showEncryption(open, { settingsPath, json, terminal })),
      );
    });
  withConfig(group.command('rotate').description('encrypt with the first key what an older key encrypts, and what is plain'))
    .option('--dry-run', 'only say what would be encrypted anew', false)
    .option('--yes', 'do it', false)
    .option('--json', 'JSON: one object', false)
    .addHelpText('after', ROTATE)
    .action(async ({ config, ...options }: Rotating) => {
      const settingsPath = config ?? settingsFile(env);
      // What changes something MUST NOT take a history that was moved away for an empty one.
      const tellNone = options.dryRun ? terminal.err : undefined;
      await withPlaces({ env, config, tellNone }, async (open) =>
        done(await runRotate(open, { ...options, settingsPath, terminal })),
      );
    });
}
