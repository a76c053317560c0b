import { settingsFile } from '@ringback/config';
import { SENDER_KINDS } from '@ringback/sources';
import { fileBytes, fileIfThere, wholeNumber } from '../terminal/option-values.ts';
import { route } from './route.ts';
import { routeKept } from './kept.ts';
import type { CommandContext } from '../terminal/command-context.ts';

const ROUTE_WHAT = `a sample of a kind (${SENDER_KINDS.join(', ')}; with --file, the kind to assume), a file with a body, or any id of a callback of the history`;

const isKind = (what: string) => SENDER_KINDS.includes(what);

export function addRoute({ program, env, terminal, done, fromCaller }: CommandContext): void {
  program
    .command('route')
    .description('show where a callback would go, which routes match it, and why the others do not; sends nothing')
    .argument('[what]', ROUTE_WHAT)
    .option('--file <path>', 'the body of a callback (default: a sample)', (path) => fileBytes(fromCaller(path)))
    .option('--task-status <n>', 'status of the sample, as for send', wholeNumber(1, 5), 3)
    .option('--event <name>', 'name of the event, for senders that give one')
    .option('--source <name>', 'source of the settings (default: the first with callbacks of this kind)')
    .option('--account <uuid>', 'account: its public id (default: the first)')
    .option('--json', 'one JSON object, with what the parts of each condition come to', false)
    .option('--config <file>', 'settings file (default: as for check)')
    .action(async (what: string | undefined, { config = settingsFile(env), ...options }) => {
      const body = what === undefined || isKind(what) ? undefined : fileIfThere(fromCaller(what));
      if (what !== undefined && !isKind(what) && body === undefined)
        return done(await routeKept({ id: what, config, json: options.json, env, terminal }));
      const kind = body === undefined ? what : undefined;
      return done(route({ ...options, ...(body && { file: body, parts: true }), kind, config, env, terminal }));
    });
}
