import { randomBytes } from 'node:crypto';
import { type CallbackFilter, FILTER_STATES } from '@ringback/operations';
import { type Command, InvalidArgumentError } from 'commander';
import { filterOf, withFilters } from '../terminal/filter-options.ts';
import { positiveNumber } from '../terminal/option-values.ts';
import { withConfig } from '../reach/with-redis.ts';
import type { ActionContext } from '../terminal/command-context.ts';
import { runReplay } from './run.ts';

type Options = CallbackFilter & {
  readonly config?: string;
  readonly to?: readonly string[];
  readonly routes: boolean;
  readonly newId: boolean;
  readonly replayId?: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly rate?: number;
  readonly json: boolean;
};

const HELP = `
It takes callbacks of the history, the oldest first, delivered ones too, and adds deliveries to what the outputs have waiting:
it does not deduplicate, and workers deliver. Of callbacks that fit, it leaves out those whose bodies are no longer kept, and
outputs to which a callback is still on its way: of what the history shows as waiting or parked, it asks Redis.
By --state waiting and parked it takes only what is lost: neither Redis nor what rests has it any more.
If nothing is queued although callbacks fit, it exits with 1.
For more than 100 callbacks it only says what it would do, and exits with 1, unless you say --yes.
A replay has an id. To go on after an interruption, run the same command with --replay-id: nothing is delivered twice.
What is kept in quarantine is replayed by: ringback quarantine replay.`;

export function addReplay({ program, ...context }: ActionContext & { readonly program: Command }): void {
  const command = program.command('replay').description('deliver callbacks of the history again');
  withConfig(withFilters(command))
    .option('--to <outputs>', 'to these outputs, comma-separated', names)
    .option('--routes', "to the outputs that today's routes name for each", false)
    .option('--new-id', 'deliver under another webhook-id, for destinations that leave out what they know', false)
    .option('--replay-id <id>', 'of a replay that was interrupted: go on with it; else, the id of a new one', replayId)
    .option('--dry-run', 'only say what would be done', false)
    .option('--yes', 'do it, however many there are', false)
    .option('--rate <n>', 'callbacks per second (default: as fast as the outputs take them)', positiveNumber)
    .option('--json', 'the result as one JSON object', false)
    .addHelpText('after', HELP)
    .action(async ({ config, to, routes, replayId: id = newReplayId(), ...options }: Options) => {
      if (routes === (to !== undefined)) return command.error('error: say one of --to <outputs> and --routes');
      if (options.state === 'quarantined')
        return command.error(
          `error: --state is one of ${FILTER_STATES.filter((state) => state !== 'quarantined').join(', ')} here`,
        );
      return context.done(await runReplay({ ...options, ...context, config, to, id, filter: filterOf(options) }));
    });
}

function names(text: string): string[] {
  const all = text.split(',').map((name) => name.trim());
  if (all.every((name) => name !== '')) return [...new Set(all)];
  throw new InvalidArgumentError('Names of outputs, with commas between them.');
}

/** It becomes a part of ids of jobs. */
function replayId(text: string): string {
  if (/^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(text)) return text;
  throw new InvalidArgumentError('At most 40 letters, digits, _ and -, the first a letter.');
}

const newReplayId = () => `r${randomBytes(6).toString('hex')}`;
