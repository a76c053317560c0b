import { settingsFile } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import { VERSION } from '@ringback/observability';
import { refusalOf } from '@ringback/redis';
import { SENDER_KINDS } from '@ringback/sources';
import { Argument, Command } from 'commander';
import { callerPath } from './caller-path.ts';
import { check } from './check.ts';
import { addDispatch } from './dispatch.ts';
import { addKeptCommands } from './kept-commands.ts';
import { listen } from './listen.ts';
import { fileBytes, httpUrl, positiveNumber, wholeNumber } from './option-values.ts';
import { addOutputs } from './outputs.ts';
import { route } from './route.ts';
import { schema } from './schema.ts';
import { newSecret } from './secret.ts';
import { send } from './send.ts';
import type { Terminal } from './terminal.ts';

const { env } = process;
const terminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
};

const fromCaller = callerPath(env['RINGBACK_CALLER_FOLDER']);

// A closed pipe (`ringback … | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.stderr.on('error', () => {});

const program = new Command('ringback')
  .description("The operator's command of Ringback.")
  .version(VERSION)
  .showHelpAfterError()
  .hook('preAction', (_program, command) => {
    const config: unknown = command.opts()['config'];
    if (typeof config === 'string') command.setOptionValue('config', fromCaller(config));
  });
addCheck();
addRoute();
addSend();
addListen();
addOutputs({ program, env, terminal, done: exitWith });
addDispatch({ program, env, terminal });
addSchema();
addSecret();
addKept();

try {
  await program.parseAsync();
} catch (thrown) {
  const error = refusalOf(thrown) ?? thrown;
  terminal.err(error instanceof RingbackError ? `${error.code}: ${error.message}` : `RB_INTERNAL: ${describeBug(error)}`);
  process.exitCode = 1;
}

function addCheck(): void {
  program
    .command('check')
    .description('check the settings, and name every problem with line and column')
    .argument('[file]', 'settings file (default: RINGBACK_CONFIG, ringback.yaml, ringback.example.yaml)')
    .option('--config <file>', 'the settings file, as for the other commands')
    .option('--strict', 'exit with 1 for a warning as well', false)
    .action((file: string | undefined, { config, strict }: { config?: string; strict: boolean }) => {
      const path = file === undefined ? (config ?? settingsFile(env)) : fromCaller(file);
      exitWith(check({ path, env, strict, terminal }));
    });
}

function addRoute(): void {
  program
    .command('route')
    .description('show where a callback would go, which routes match it, and why the others do not; sends nothing')
    .addArgument(new Argument('[kind]', 'a sample of this kind; with --file, the kind to assume').choices(SENDER_KINDS))
    .option('--file <path>', 'the body of a callback (default: a sample)', (path) => fileBytes(fromCaller(path)))
    .option('--task-status <n>', 'status of the sample, as for send', wholeNumber(1, 5), 3)
    .option('--event <name>', 'name of the event, for senders that give one')
    .option('--source <name>', 'source of the settings (default: the first with callbacks of this kind)')
    .option('--account <uuid>', 'account: its public id (default: the first)')
    .option('--config <file>', 'settings file (default: as for check)')
    .action((kind, { config, ...options }) =>
      exitWith(route({ ...options, kind, config: config ?? settingsFile(env), env, terminal })),
    );
}

function addSend(): void {
  program
    .command('send')
    .description('post a realistic, correctly signed callback, as the provider would')
    .addArgument(new Argument('<kind>', 'what kind of callback').choices(SENDER_KINDS))
    .option('--url <url>', 'base or full URL (default: the ingress of the settings)', httpUrl)
    .option('--count <n>', 'how many', wholeNumber(1), 1)
    .option('--rate <n>', 'how many per second (default: as fast as answers come)', positiveNumber)
    .option('--concurrency <n>', 'how many at once', wholeNumber(1), 8)
    .option('--file <path>', 'send the bytes of this file as the body', (path) => fileBytes(fromCaller(path)))
    .option('--event <name>', 'name of the event, for senders that give one')
    .option('--source <name>', 'source of the settings (default: the first with callbacks of this kind)')
    .option('--account <uuid>', 'account to sign for: its public id (default: the first)')
    .option('--task-status <n>', '1 pending, 2 in progress, 3 completed, 4 failed, 5 paused', wholeNumber(1, 5), 3)
    .option('--request-id <id>', 'the same requestID for all, to send repeats (default: each its own)')
    .option('--config <file>', 'settings file (default: as for check)')
    .action(async (kind, { config, ...options }) => {
      const allAcked = await send({ ...options, kind, config: config ?? settingsFile(env), env, terminal });
      process.exitCode = allAcked ? 0 : 1;
    });
}

function addListen(): void {
  program
    .command('listen')
    .description('a stand-in destination: prints every request that it gets')
    .argument('[port]', 'port on 127.0.0.1', wholeNumber(0, 65_535), 9999)
    .option('--status <n>', 'HTTP status to answer with', wholeNumber(200, 599), 200)
    .action((port: number, { status }: { status: number }) => {
      const stop = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
      return listen({ port, status, stop: stop.signal, terminal });
    });
}

function addSchema(): void {
  program
    .command('schema')
    .description('print the JSON Schema of the settings')
    .option('--write', 'write it to ringback.schema.json instead', false)
    .action(({ write }: { write: boolean }) => schema({ write, terminal }));
}

function addSecret(): void {
  program
    .command('secret')
    .description('print a new signing secret for a webhook (whsec_…)')
    .action(() => terminal.out(newSecret()));
}

function addKept(): void {
  for (const place of ['dead-letters', 'quarantine'] as const) addKeptCommands({ program, place, env, terminal, done: exitWith });
}

function exitWith(success: boolean): void {
  process.exitCode = success ? 0 : 1;
}

function describeBug(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
