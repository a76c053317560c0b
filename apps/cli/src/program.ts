import { settingsFile } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import { VERSION } from '@ringback/observability';
import { refusalOf } from '@ringback/redis';
import { Command } from 'commander';
import { callerPath } from './terminal/caller-path.ts';
import type { CommandContext } from './terminal/command-context.ts';
import { check } from './check/check.ts';
import { surviveClosedPipes } from './terminal/closed-pipes.ts';
import { addDiff } from './diff/command.ts';
import { addDispatch } from './dispatch/command.ts';
import { addDoctor } from './doctor/command.ts';
import { addForget } from './forget/command.ts';
import { addKeptCommands } from './kept/commands.ts';
import { addHistory } from './history/commands.ts';
import type { Env } from './reach/load-settings.ts';
import { addOutputs } from './outputs/commands.ts';
import { addPlan } from './plan/command.ts';
import { addPrivacy } from './privacy/command.ts';
import { addProcess, type ProcessCommand } from './process-commands.ts';
import { addRender } from './render/command.ts';
import { addReplay } from './replay/command.ts';
import { addReshard } from './reshard/command.ts';
import { addRoute } from './route/command.ts';
import { schema } from './check/schema.ts';
import { addSearch } from './search/command.ts';
import { addListen, addSecret, addSend } from './send/commands.ts';
import { addStatus } from './status/command.ts';
import { addTasks } from './tasks/command.ts';
import type { Terminal } from './terminal/terminal.ts';
import { addTrace } from './trace/command.ts';
import { addVerify } from './verify/command.ts';

type Context = Omit<CommandContext, 'done'> & { readonly exit: (code: number) => void };

/** Of a wrong argument or option. */
const EXIT_OF_USAGE = 2;

const own: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
};

/** Runs the command of `process.argv`, and sets the exit code. `processes` are further commands. */
export async function runProgram({ env, processes = [] }: { env: Env; processes?: readonly ProcessCommand[] }): Promise<void> {
  const fromCaller = callerPath(env['RINGBACK_CALLER_FOLDER']);
  const program = createProgram(fromCaller);
  surviveClosedPipes();
  for (const command of processes) addProcess(program, command);
  addCommands({ program, env, terminal: own, fromCaller, exit: (code) => void (process.exitCode = code) });
  try {
    await program.parseAsync();
  } catch (thrown) {
    const error = refusalOf(thrown) ?? thrown;
    own.err(error instanceof RingbackError ? `${error.code}: ${error.message}` : `RB_INTERNAL: ${describeBug(error)}`);
    process.exitCode = 1;
  }
}

function createProgram(fromCaller: Context['fromCaller']): Command {
  return (
    new Command('ringback')
      .description("The operator's command of Ringback.")
      .version(VERSION)
      .showHelpAfterError()
      // 1 is an answer of commands such as diff and plan.
      .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_OF_USAGE))
      .hook('preAction', (_program, command) => {
        const config: unknown = command.opts()['config'];
        if (typeof config === 'string') command.setOptionValue('config', fromCaller(config));
      })
  );
}

/** All but those that run a process of Ringback. */
export function addCommands(context: Context): void {
  const { program, env, terminal, exit, fromCaller } = context;
  const shared = { program, env, terminal, done: (success: boolean) => exit(codeOf(success)) };
  addInit(context);
  addCheck(context);
  addDiff({ program, env, terminal, exit, fromCaller });
  addDoctor(shared);
  addRoute({ ...shared, fromCaller });
  addSend({ ...shared, fromCaller });
  addListen({ ...shared, fromCaller });
  addStatus(shared);
  addOutputs(shared);
  addDispatch(shared);
  addReshard(shared);
  addTrace(shared);
  addHistory({ ...shared, fromCaller });
  addForget(shared);
  addPrivacy(shared);
  addSearch(shared);
  addTasks(shared);
  addReplay(shared);
  addRender({ ...shared, fromCaller });
  addPlan({ ...shared, fromCaller });
  addVerify({ ...shared, fromCaller });
  addSchema(context);
  addSecret({ ...shared, fromCaller });
  for (const place of ['dead-letters', 'quarantine'] as const) addKeptCommands({ ...shared, place });
}

const codeOf = (success: boolean) => (success ? 0 : 1);

function addInit({ program, terminal, fromCaller, exit }: Context): void {
  program
    .command('init')
    .description('write a commented settings file, after a few questions')
    .argument('[file]', 'where to write it', 'ringback.yaml')
    .option('--yes', 'ask nothing: settings for a first look, with the published sample account', false)
    .option('--force', 'overwrite the file', false)
    .action(async (file: string, options: { yes: boolean; force: boolean }) => {
      // Only this command needs the prompts.
      const { init } = await import('./init/init.ts');
      exit(codeOf(await init({ ...options, path: fromCaller(file), terminal })));
    });
}

function addCheck({ program, env, terminal, fromCaller, exit }: Context): void {
  program
    .command('check')
    .description('check the settings, and name every problem with line and column')
    .argument('[file]', 'settings file (default: RINGBACK_CONFIG, ringback.yaml, ringback.example.yaml)')
    .option('--config <file>', 'the settings file, as for the other commands')
    .option('--strict', 'exit with 1 for a warning as well', false)
    .action((file: string | undefined, { config, strict }: { config?: string; strict: boolean }) => {
      const path = file === undefined ? (config ?? settingsFile(env)) : fromCaller(file);
      exit(codeOf(check({ path, env, strict, terminal })));
    });
}

function addSchema({ program, terminal }: Context): void {
  program
    .command('schema')
    .description('print the JSON Schema of the settings')
    .option('--write', 'write it to ringback.schema.json instead', false)
    .action(({ write }: { write: boolean }) => schema({ write, terminal }));
}

function describeBug(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
