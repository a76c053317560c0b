import { setTimeout as sleep } from 'node:timers/promises';
import type { Kept, KeptFilter, KeptStore } from '@ringback/queue';
import type { Command } from 'commander';
import { withResting, withRestingIfThere } from '../reach/ask-history.ts';
import { actOnKept, listKept, showKept } from './kept.ts';
import type { Env } from '../reach/load-settings.ts';
import { type KeptPlace, withKept } from './open-kept.ts';
import { positiveNumber, timeOrAgo, wholeNumber } from '../terminal/option-values.ts';
import { refsOf, type TellHistory, tellHistory } from '../reach/tell-history.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { payloadOpener } from '../reach/opened-history.ts';
import { withRedis, withRest } from '../reach/with-redis.ts';

type Shared = Omit<KeptFilter, 'id'> & { readonly config?: string; readonly json: boolean };
type Acting = Shared & { readonly rate?: number; readonly yes: boolean };

export type KeptCommandsOptions = {
  readonly program: Command;
  readonly place: KeptPlace;
  readonly env: Env;
  readonly terminal: Terminal;
  readonly done: (success: boolean) => void;
};

const now = () => performance.now();

const WHAT = {
  'dead-letters': 'deliveries that are not tried again by themselves',
  quarantine: 'callbacks with a valid signature (or that need none), refused for their content or matched by no route',
} as const;

type Asked = { readonly config: string | undefined; readonly output?: string | undefined };
/** `opened`: a payload with bodies that are no longer encrypted. */
type Opened = (payload: unknown) => unknown;
type Work = (store: KeptStore, opened: Opened) => Promise<boolean | void>;
type Change = (store: KeptStore, tell: TellHistory) => Promise<boolean>;

export function addKeptCommands({ program, place, env, terminal, done }: KeptCommandsOptions): void {
  const group = program.command(place).description(WHAT[place]);

  const { read, change } = createAsking({ place, env, terminal, done });

  addFilters(group.command('list').description('the newest first, without personal data'), place)
    .option('--limit <n>', 'how many at most', wholeNumber(1), 50)
    .action(({ config, limit, json, ...filter }: Shared & { limit: number }) =>
      read({ config, output: filter.output }, (store) => listKept({ store, filter, terminal, limit, json })),
    );
  group
    .command('show')
    .description('one in full, as JSON, personal data included')
    .argument('<id>', 'its id, or the requestID of a callback')
    .option('--config <file>', 'settings file (default: as for check)')
    .action((id: string, { config }: { config?: string }) =>
      read({ config }, (store, opened) => showKept({ store, opened, filter: { id }, terminal })),
    );
  for (const action of ['replay', 'purge'] as const) {
    const command = group.command(action).description(action === 'replay' ? 'send them again' : 'remove them for good');
    addFilters(command.argument('[id]', 'an id or a requestID (default: all that match)'), place)
      .option('--rate <n>', 'how many per second (default: as fast as it goes)', positiveNumber)
      .option('--yes', 'do it: needed to purge, and to replay more than one', false)
      .action((id: string | undefined, { config, rate, yes, json, ...filter }: Acting) =>
        change({ config, output: filter.output }, (store, tell) => {
          const onDone = tellDone(tell, { place, action, filter: { ...filter, id } });
          return actOnKept({ store, filter: { ...filter, id }, terminal, action, yes, rate, json, now, sleep, onDone });
        }),
      );
  }
}

type Acted = { readonly place: KeptPlace; readonly action: 'replay' | 'purge'; readonly filter: KeptFilter };

function tellDone(tell: TellHistory, { place, action, filter }: Acted) {
  return async (changed: readonly Kept[], failed: number): Promise<void> => {
    if (place === 'dead-letters') await tell.deadLetters(action === 'replay' ? 'waiting' : 'purged', changed);
    const { since, until, ...texts } = filter;
    const times = { since: isoOf(since), until: isoOf(until) };
    const facts = { ...texts, ...times, done: changed.length, failed };
    await tell.action({ command: `${place} ${action}`, facts, callbacks: refsOf(changed) });
  };
}

const isoOf = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());

/** In Redis and, if there is one, in the history. */
function createAsking({ place, env, terminal, done }: Omit<KeptCommandsOptions, 'program'>) {
  return {
    read: async ({ config, output }: Asked, work: Work) =>
      done(
        await withRest({ env, config, terminal }, (reached) =>
          withRestingIfThere({ env, config, terminal, ...reached }, (rest) =>
            withKept({ place, reached, output, rest, reading: true }, (store) => work(store, payloadOpener(reached.settings))),
          ),
        ),
      ),
    change: async ({ config, output }: Asked, work: Change) =>
      done(
        await withRedis({ env, config }, async (reached) => {
          const tell = await tellHistory(reached);
          return withResting({ env, config, ...reached }, (rest) =>
            withKept({ place, reached, output, rest, reading: false }, (store) => work(store, tell)),
          );
        }),
      ),
  };
}

function addFilters(command: Command, place: KeptPlace): Command {
  if (place === 'dead-letters') command.option('--output <name>', 'only of this output');
  return command
    .option('--source <name>', 'only of this source')
    .option('--reason <text>', 'whose reason contains this text')
    .option('--since <time>', 'from this time on (2026-01-31T12:00Z), or for so long (2h)', timeOrAgo(Date.now))
    .option('--until <time>', 'up to this time, or until so long ago', timeOrAgo(Date.now))
    .option('--json', 'JSON, one object a line', false)
    .option('--config <file>', 'settings file (default: as for check)');
}
