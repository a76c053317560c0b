import { type Condition, conditionsOf, createMissing, readStatus } from '@ringback/operations';
import type { Command } from 'commander';
import { brokenWords } from '../reach/broken-words.ts';
import type { Broken } from '../reach/load-settings.ts';
import { type OpenPlaces, withPlaces } from '../reach/with-places.ts';
import { withConfig } from '../reach/with-redis.ts';
import { watchOpened } from '../terminal/watch.ts';
import { statusJson } from './json.ts';
import type { ActionContext } from '../terminal/command-context.ts';
import { type Seen, statusLines } from './text.ts';

type Options = { readonly config?: string; readonly json: boolean; readonly watch: boolean; readonly strict: boolean };

/** ms that something may wait before it is a problem, if the settings have no `alerts`. */
const MAY_WAIT_MS = 300_000;

const HELP = `
Exit code 1: something could not be asked; with --strict also if there is an error, or a warning.`;

export function addStatus({ program, env, terminal, done }: ActionContext & { readonly program: Command }): void {
  withConfig(
    program
      .command('status')
      .description('the whole installation on one screen: what runs, what waits, what fails, and since when'),
  )
    .option('--json', 'JSON, one object', false)
    .option('--watch', 'show it anew every 2 s, until Ctrl-C', false)
    .option('--strict', 'exit with 1 for a problem as well', false)
    .addHelpText('after', HELP)
    .action(async ({ config, json, watch: isWatched, strict }: Options) => {
      const open = placesOpener({ env, config, terminal });
      if (isWatched) {
        await watchOpened({ open, look: async (places) => frameOf(await lookAt(places), places, json), terminal, json });
        return done(true);
      }
      return open(async (places) => {
        const seen = await lookAt(places);
        linesOf(seen, json).forEach(terminal.out);
        done(seen.missing.length === 0 && !(strict && seen.conditions.length > 0));
      });
    });
}

type Opener = Pick<ActionContext, 'env' | 'terminal'> & { readonly config: string | undefined };

/** May be called again and again: says only once that there is no history yet. */
function placesOpener({ env, config, terminal }: Opener) {
  let told = false;
  const tellNone = (line: string) => {
    if (!told) terminal.err(line);
    told = true;
  };
  return (work: (open: OpenPlaces) => Promise<void>) => withPlaces({ env, config, tellNone, looks: true }, work);
}

/** A file with errors is read again, until it has none. */
function frameOf(seen: Seen, { broken }: OpenPlaces, json: boolean) {
  return { lines: linesOf(seen, json), whole: seen.missing.length === 0 && broken === undefined };
}

function linesOf(seen: Seen, json: boolean): string[] {
  return json ? [JSON.stringify(statusJson(seen))] : statusLines(seen);
}

async function lookAt({ settings, broken, places, away }: OpenPlaces): Promise<Seen> {
  const missing = createMissing(away);
  const { durability, overload } = settings.redis;
  const outputs = broken ? undefined : settings.outputs.map(({ name }) => name);
  const status = await readStatus(places, { outputs, durability, missing, now: Date.now });
  const conditions = conditionsOf(status, {
    waiting: settings.alerts?.waiting ?? MAY_WAIT_MS,
    memory: overload.memory.high,
  });
  return { status, conditions: broken ? withBroken(conditions, broken) : conditions, missing: missing.all() };
}

/** Before other warnings: it may be the reason for them. */
function withBroken(conditions: readonly Condition[], broken: Broken): readonly Condition[] {
  const own = {
    name: 'settings-refused',
    subject: { kind: 'file', name: broken.path },
    severity: 'warning',
    text: brokenWords(broken),
  } as const;
  const [errors, others] = [true, false].map((are) => conditions.filter(({ severity }) => (severity === 'error') === are));
  return [...(errors ?? []), own, ...(others ?? [])];
}
