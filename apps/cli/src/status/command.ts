import { conditionsOf, createMissing, readStatus } from '@ringback/operations';
import type { Command } from 'commander';
import type { Env } from '../reach/load-settings.ts';
import { type OpenPlaces, withPlaces } from '../reach/with-places.ts';
import { withConfig } from '../reach/with-redis.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { watch } from '../terminal/watch.ts';
import { type Seen, statusJson, statusLines } from './text.ts';

type Context = { readonly env: Env; readonly terminal: Terminal; readonly done: (success: boolean) => void };
type Options = { readonly config?: string; readonly json: boolean; readonly watch: boolean; readonly strict: boolean };

/** ms that something may wait before `status` calls it a problem. */
const MAY_WAIT_MS = 300_000;

const HELP = `
Exit code 1: something could not be asked; with --strict also if there is an error, or a warning.`;

export function addStatus({ program, env, terminal, done }: Context & { readonly program: Command }): void {
  withConfig(
    program
      .command('status')
      .description('the whole installation on one screen: what runs, what waits, what fails, and since when'),
  )
    .option('--json', 'JSON, one object', false)
    .option('--watch', 'show it anew every 2 s, until Ctrl-C', false)
    .option('--strict', 'exit with 1 for a problem as well', false)
    .addHelpText('after', HELP)
    .action(({ config, json, watch: isWatched, strict }: Options) =>
      withPlaces({ env, config, tellNone: terminal.err }, async (open) => {
        const look = () => lookAt(open);
        if (isWatched) {
          await watch({ look: async () => linesOf(await look(), json), terminal, json });
          return done(true);
        }
        const seen = await look();
        linesOf(seen, json).forEach(terminal.out);
        return done(seen.missing.length === 0 && !(strict && seen.conditions.length > 0));
      }),
    );
}

function linesOf(seen: Seen, json: boolean): string[] {
  return json ? [JSON.stringify(statusJson(seen))] : statusLines(seen);
}

async function lookAt({ settings, places, away }: OpenPlaces): Promise<Seen> {
  const missing = createMissing(away);
  const { durability, overload } = settings.redis;
  const outputs = settings.outputs.map(({ name }) => name);
  const status = await readStatus(places, { outputs, durability, missing, now: Date.now });
  const conditions = conditionsOf(status, { waiting: MAY_WAIT_MS, memory: overload.memory.high });
  return { status, conditions, missing: missing.all() };
}
