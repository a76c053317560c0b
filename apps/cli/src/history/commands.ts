import { existsSync } from 'node:fs';
import { settingsFile } from '@ringback/config';
import { type Command } from 'commander';
import { duration, timeOrAgo, wholeNumber } from '../terminal/option-values.ts';
import { withHistory } from '../reach/with-history.ts';
import { withPlaces } from '../reach/with-places.ts';
import { withConfig } from '../reach/with-redis.ts';
import { actionLines } from './action-lines.ts';
import { copyTo } from './copy.ts';
import { exportTo, importFrom } from './move-file.ts';
import { pruneHistory } from './prune.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { showStatus } from './status.ts';

type Shared = { readonly config?: string; readonly json: boolean };

const json = (command: Command) => withConfig(command).option('--json', 'JSON', false);

export function addHistory(context: CommandContext): void {
  const { program, env, terminal, done } = context;
  const history = program.command('history').description('what is kept of what passed: how much, how far behind, prune, export');
  json(history.command('status', { isDefault: true }))
    .description('how much there is, what waits to be written, gaps, and refused requests of the last hour')
    .action(({ config, json: asJson }: Shared) =>
      withPlaces({ env, config, tellNone: terminal.err }, async (open) =>
        done(await showStatus(open, { json: asJson, terminal })),
      ),
    );
  json(history.command('prune'))
    .description('remove what is older than the settings say (workers do it once an hour)')
    .option('--keep <duration>', 'keep callbacks for so long (default: history.keep)', duration)
    .option('--keep-bodies <duration>', 'keep bodies for so long (default: history.keepBodies)', duration)
    .option('--dry-run', 'only say how many', false)
    .action(({ config, ...options }: Shared & { keep?: number; keepBodies?: number; dryRun: boolean }) =>
      withHistory({ env, config }, (opened) => pruneHistory(opened, { ...options, terminal })),
    );
  json(history.command('actions'))
    .description('what people did by command, the newest first')
    .option('--limit <n>', 'how many at most', wholeNumber(1), 50)
    .action(({ config, json: asJson, limit }: Shared & { limit: number }) =>
      withHistory({ env, config, tellNone: terminal.err }, async (opened) =>
        actionLines(await opened.history.actions(limit), asJson).forEach(terminal.out),
      ),
    );
  addMoves(history, context);
}

function addMoves(history: Command, { env, terminal, fromCaller, done }: CommandContext): void {
  json(history.command('copy'))
    .description('copy all of it into the history of other settings, SQLite or PostgreSQL; workers may go on meanwhile')
    .requiredOption('--to <file>', 'settings file with the new history', fromCaller)
    .option('--rest', 'move what rests as well: once all workers run with the new settings', false)
    .action(({ config, ...options }: Shared & { to: string; rest: boolean }) =>
      withHistory({ env, config }, async (opened) =>
        done(await copyTo(opened, { ...options, env, terminal, from: config ?? settingsFile(env) })),
      ),
    );
  withConfig(history.command('export'))
    .description('write all of it as lines of JSON, bodies included, but not what rests (parked, dead letters, quarantine)')
    .argument('[file]', 'a new file, or - (the default): to stdout', (path: string) =>
      path === '-' ? undefined : fromCaller(path),
    )
    .option('--gzip', 'compress it', false)
    .option('--since <time>', 'only what was received from this time on, or so long ago', timeOrAgo(Date.now))
    .action((file: string | undefined, { config, ...options }: { config?: string; gzip: boolean; since?: number }) => {
      if (file !== undefined && existsSync(file)) {
        terminal.err(`error: ${file} is there already, and export overwrites nothing`);
        return done(false);
      }
      return withHistory({ env, config }, (opened) => exportTo(opened.history, { ...options, file, terminal }));
    });
  withConfig(history.command('import'))
    .description('read what export wrote, gzip or not; what is there already stays as it is')
    .argument('<file>', 'of export', fromCaller)
    .action((file: string, { config }: { config?: string }) =>
      withHistory({ env, config, create: true }, (opened) => importFrom(opened.history, { file, terminal })),
    );
}
