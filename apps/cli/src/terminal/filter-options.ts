import { type CallbackFilter, cleanId, FILTER_STATES } from '@ringback/operations';
import { type Command, Option } from 'commander';
import { timeOrAgo } from './option-values.ts';

/** Adds the filters that `search`, `replay` and others share. Their names are those of `CallbackFilter`. */
export function withFilters(command: Command): Command {
  return command
    .option('--source <name>', 'only of this source')
    .option('--account <id>', 'only of this account')
    .option('--type <pattern>', 'only of this type, or of types that fit a pattern (callbot.task.*)')
    .addOption(new Option('--state <state>', 'only if a delivery of it is in this state').choices(FILTER_STATES))
    .option('--output <name>', 'only what has a delivery to this output; with --state and --reason: of this one')
    .option('--reason <text>', 'only if the reason of a delivery contains this text')
    .option('--since <time>', 'received from this time on (2026-01-31T12:00Z), or for so long (2h)', timeOrAgo(Date.now))
    .option('--until <time>', 'received before this time, or until so long ago', timeOrAgo(Date.now))
    .option('--id <id>', 'any id: requestID, webhook-id (msg_…), task, order or call', cleanId)
    .option('--task <id>', 'only of this task: its id, or your own id of it', cleanId)
    .option('--text <text>', 'only if the body contains this text, as it stands; bodies go after history.keepBodies');
}

/** The filters among the options of a command. */
export function filterOf(options: CallbackFilter): CallbackFilter {
  const { source, account, type, state, output, reason, since, until, id, task, text } = options;
  const all = { source, account, type, state, output, reason, since, until, id, task, text };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
