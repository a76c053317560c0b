import { RingbackError } from '@ringback/contracts';
import { refusalOf } from '@ringback/redis';
import { Command } from 'commander';
import { addDiff } from './diff/command.ts';
import { addDispatch } from './dispatch/command.ts';
import { addDoctor } from './doctor/command.ts';
import { addHistory } from './history/commands.ts';
import { addForget } from './forget/command.ts';
import { addKeptCommands } from './kept/commands.ts';
import { addOutputs } from './outputs/commands.ts';
import { addPlan } from './plan/command.ts';
import { addRender } from './render/command.ts';
import { addRoute } from './route/command.ts';
import { addSearch } from './search/command.ts';
import { addStatus } from './status/command.ts';
import { addTasks } from './tasks/command.ts';
import { addTrace } from './trace/command.ts';
import { addVerify } from './verify/command.ts';

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** For tests: the commands that use Redis, as `runProgram` runs them, in this process: a new one takes a second. */
export async function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  let [code, out, err] = [0, '', ''];
  const terminal = { out: (line: string) => void (out += `${line}\n`), err: (line: string) => void (err += `${line}\n`) };
  const context = { program: new Command(), env, terminal, done: (success: boolean) => void (code = success ? 0 : 1) };
  addStatus(context);
  addDiff({ ...context, exit: (exitCode) => void (code = exitCode), fromCaller: (path) => path });
  addOutputs(context);
  addDispatch(context);
  addDoctor(context);
  addForget(context);
  addSearch(context);
  addHistory({ ...context, fromCaller: (path) => path });
  addTrace(context);
  addTasks(context);
  addRoute({ ...context, fromCaller: (path) => path });
  addRender({ ...context, fromCaller: (path) => path });
  addVerify({ ...context, fromCaller: (path) => path });
  addPlan({ ...context, fromCaller: (path) => path });
  for (const place of ['dead-letters', 'quarantine'] as const) addKeptCommands({ ...context, place });
  try {
    await context.program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    const error = refusalOf(thrown) ?? thrown;
    if (!(error instanceof RingbackError)) throw error;
    terminal.err(`${error.code}: ${error.message}`);
    code = 1;
  }
  return { code, out, err };
}
