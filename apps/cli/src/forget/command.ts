import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { settingsFile } from '@ringback/config';
import { type HistoryStore, NO_ROWS } from '@ringback/history';
import { createPerson, forget, type Forgot, phoneMatcher } from '@ringback/operations';
import { createSources } from '@ringback/sources';
import { type Command, InvalidArgumentError } from 'commander';
import { bodyCodec, payloadOpener } from '../reach/opened-history.ts';
import { type OpenPlaces, withPlaces } from '../reach/with-places.ts';
import { withConfig } from '../reach/with-redis.ts';
import { lookInSpool } from './spool.ts';
import type { ActionContext } from '../terminal/command-context.ts';
import { tellForgot } from './view.ts';

type Options = {
  readonly config?: string;
  readonly phone: readonly ((text: string) => boolean)[];
  readonly requestID: readonly string[];
  readonly task: readonly string[];
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly rewriteAof: boolean;
  readonly json: boolean;
};

/** A writer of the history takes a moment for what it has. */
const PATIENCE_MS = 10_000;

const HELP = `
It looks in the queues, stored bodies, retries, dead letters, quarantine, the history and what rests there, and a spool of
this machine. Give a phone number with its country code: it is found in any notation. Claims stay, so that a repeat is not delivered.
Exit code 1: something was not reached, which is named with what to do (run it again then), or nothing was removed, as neither
--yes nor --dry-run was given.`;

export function addForget({ program, ...context }: ActionContext & { readonly program: Command }): void {
  const command = program.command('forget').description('remove a person, or a callback, everywhere');
  withConfig(command)
    .option('--phone <number>', 'whose body has this phone number (may be given several times)', collect(phone), [])
    .option('--requestID <id>', 'the callback with this requestID (several times)', collect(trimmed), [])
    .option('--task <id>', "all callbacks of this task: the provider's id, or your own (several times)", collect(trimmed), [])
    .option('--dry-run', 'only say what would be removed', false)
    .option('--yes', 'do it', false)
    .option(
      '--rewrite-aof',
      'then have Redis rewrite its append-only file, which keeps what was removed until it is rewritten',
      false,
    )
    .option('--json', 'JSON: one object', false)
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const { phone: phones, requestID, task } = options;
      if (phones.length + requestID.length + task.length === 0) command.error('error: name whom: --phone, --requestID or --task');
      const { env, terminal } = context;
      // What removes MUST NOT take a history that was moved away for an empty one.
      const tellNone = options.dryRun ? terminal.err : undefined;
      await withPlaces({ env, config: options.config, tellNone }, (reached) => run(options, reached, context));
    });
}

async function run(options: Options, reached: OpenPlaces, { env, terminal, done }: ActionContext): Promise<void> {
  const { dryRun, yes, json, config } = options;
  const { settings, places, away } = reached;
  const { open } = bodyCodec(settings);
  const person = createPerson(
    { phones: options.phone, requestIDs: options.requestID, tasks: options.task },
    subjectsBy(settings.sources),
    { open, openPayload: payloadOpener(settings) },
  );
  const only = dryRun || !yes;
  const spool = () => lookInSpool({ settings, settingsPath: config ?? settingsFile(env), person, dryRun: only });
  const forgot = await forget({ places, person, dryRun: only, away, patience: PATIENCE_MS, spool });
  if (!only && places.history) await note(places.history, options, forgot);
  const rewriting = options.rewriteAof && !only ? await rewriteFiles(reached) : undefined;
  tellForgot({ forgot, dryRun: only, json, terminal, rewriting });
  if (!dryRun && !yes) terminal.err('nothing was removed: say --yes to do it');
  done(forgot.notReached.length === 0 && (dryRun || yes));
}

function subjectsBy(configured: OpenPlaces['settings']['sources']) {
  const sources = new Map(createSources(configured).map((source) => [source.name, source]));
  return (callback: Parameters<Parameters<typeof createPerson>[1]>[0]) => sources.get(callback.source)?.subjects?.(callback);
}

/** Without whom: that is forgotten. */
async function note(history: HistoryStore, options: Options, { removed, notReached }: Forgot): Promise<void> {
  const count = removed.reduce((sum, one) => sum + one.count, 0);
  const by = [
    options.phone.length > 0 && 'phone',
    options.requestID.length > 0 && 'requestID',
    options.task.length > 0 && 'task',
  ];
  const facts = { by: by.filter((name) => name !== false).join(', '), removed: count, notReached: notReached.length };
  const at = { id: randomUUID(), at: Date.now(), by: `${userInfo().username}@${hostname()}` };
  await history.write({ ...NO_ROWS, actions: [{ ...at, command: 'forget', facts, callbacks: [] }] });
}

/** How many Redis servers were asked. */
async function rewriteFiles({ places }: OpenPlaces): Promise<number> {
  const servers = new Map(places.shards.map(({ redis }) => [`${redis.options.host}:${redis.options.port}`, redis]));
  for (const redis of servers.values()) await redis.bgrewriteaof();
  return servers.size;
}

function collect<T>(read: (text: string) => T): (text: string, all: readonly T[]) => readonly T[] {
  return (text, all) => [...all, read(text)];
}

function phone(text: string): (content: string) => boolean {
  const matcher = phoneMatcher(text);
  if (matcher) return matcher;
  throw new InvalidArgumentError('A phone number of 7 to 15 digits, with its country code: +1 (202) 555-0100.');
}

function trimmed(text: string): string {
  const id = text.trim();
  if (id !== '') return id;
  throw new InvalidArgumentError('An id.');
}
