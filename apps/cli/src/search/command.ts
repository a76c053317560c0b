import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '@ringback/config';
import type { CallbackRef } from '@ringback/history';
import { type CallbackFilter, count, follow, keptPlaceOf, search, type SearchOptions } from '@ringback/operations';
import { type Command, InvalidArgumentError } from 'commander';
import { filterOf, withFilters } from '../terminal/filter-options.ts';
import { withKept } from '../kept/open-kept.ts';
import { wholeNumber } from '../terminal/option-values.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { withHistory } from '../reach/with-history.ts';
import { payloadOpener } from '../reach/opened-history.ts';
import { createPatience } from '../terminal/wait-for-history.ts';
import { withPlaces } from '../reach/with-places.ts';
import { withConfig } from '../reach/with-redis.ts';
import { cursorOf, foundJson, foundTable } from './found-view.ts';
import type { ActionContext } from '../terminal/command-context.ts';
import { unknownNames } from './unknown-names.ts';

type Options = CallbackFilter & {
  readonly config?: string;
  readonly limit: number;
  readonly after?: CallbackRef;
  readonly bodies: boolean;
  readonly count: boolean;
  readonly follow: boolean;
  readonly json: boolean;
};

const HELP = `
It asks the history, which lags a little behind. With --state dead, parked, unrouted or quarantined it also asks for what is kept.
Phone numbers and names are in bodies alone: these are shown only with --bodies, and by trace.`;

export function addSearch({ program, ...context }: ActionContext & { readonly program: Command }): void {
  const command = program.command('search').description('find callbacks in the history, the newest first');
  withConfig(withFilters(command))
    .option('--limit <n>', 'how many at most', wholeNumber(1, 10_000), 50)
    .option('--after <cursor>', 'the next page: the cursor of the last one shown', cursor)
    .option('--bodies', 'with --json: with the bodies, which hold personal data', false)
    .option('--count', 'only how many there are', false)
    .option('--follow', 'go on with those that are received from now on, until Ctrl-C', false)
    .option('--json', 'JSON, one object a line', false)
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      if (options.follow && (options.count || options.after))
        command.error('error: --follow goes with neither --count nor --after');
      await withSources(options, context, (sources) => run(options, sources, context));
    });
}

type Sources = SearchOptions & { readonly away: readonly string[]; readonly settings: Config };

/** Redis is asked only for states whose callbacks may stand there. */
async function withSources(
  options: Options,
  { env, terminal }: ActionContext,
  work: (sources: Sources) => Promise<void>,
): Promise<void> {
  const { config } = options;
  const place = keptPlaceOf(options);
  if (place === undefined)
    return withHistory({ env, config, tellNone: terminal.err }, ({ history, settings }) =>
      work({ history, kept: undefined, away: [], settings }),
    );
  return withPlaces({ env, config, tellNone: terminal.err }, ({ reached, away, settings, requireHistory }) => {
    const history = requireHistory();
    if (reached === undefined) return work({ history, kept: undefined, away, settings });
    return withKept({ place, reached, rest: history.rest, reading: true }, (kept) => work({ history, kept, away, settings }));
  });
}

async function run(options: Options, opened: Sources, { env, terminal, done }: ActionContext): Promise<void> {
  const filter = filterOf(options);
  const sources = { ...opened, openPayload: payloadOpener(opened.settings) };
  const { json, limit, after, bodies } = options;
  const from = Date.now();
  for (const warning of await unknownNames(filter, { ...sources, env, config: options.config }))
    terminal.err(`warning: ${warning}`);
  for (const reason of sources.away) terminal.err(`missing: ${reason}`);
  if (options.count) {
    const counted = await count(filter, sources);
    terminal.out(json ? JSON.stringify({ count: counted.count }) : String(counted.count));
    if (counted.partly) terminal.err(PARTLY);
    return done(sources.away.length === 0);
  }
  const { found, more, partly } = await search(filter, { limit, after, bodies: bodies && json }, sources);
  const shown = options.follow ? found.toReversed() : found;
  for (const line of json ? shown.map((one) => JSON.stringify(foundJson(one))) : foundTable(shown)) terminal.out(line);
  if (partly) terminal.err(PARTLY);
  const last = found.at(-1);
  if (options.follow) await goOn(options, { ...sources, from, shown: found }, terminal);
  else if (more && last) terminal.err(`… and more: --after ${cursorOf(last)}`);
  done(sources.away.length === 0);
}

const PARTLY = 'more is kept than was looked at: ask for less time (--since), one output or one source';

type Shown = { readonly from: number; readonly shown: readonly CallbackRef[] };

async function goOn(options: Options, { history, from, shown }: Sources & Shown, terminal: Terminal): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const pause = (ms: number) => delay(ms, true, { signal: stop.signal }).catch(() => false);
  const { json, bodies } = options;
  const known = { history, bodies: bodies && json, from, shown, now: Date.now };
  for await (const one of follow(filterOf(options), { ...known, patiently: createPatience(terminal), pause })) {
    if (json) terminal.out(JSON.stringify(foundJson(one)));
    else for (const line of foundTable([one]).slice(1)) terminal.out(line);
  }
}

function cursor(text: string): CallbackRef {
  const [, receivedAt, key] = /^(\d{1,15})\.([\w-]{22})$/.exec(text.trim()) ?? [];
  if (receivedAt !== undefined && key !== undefined) return { receivedAt: Number(receivedAt), key };
  throw new InvalidArgumentError('The cursor of a callback that search showed.');
}
