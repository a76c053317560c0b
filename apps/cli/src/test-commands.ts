import { RingbackError } from '@ringback/contracts';
import { refusalOf } from '@ringback/redis';
import { Command } from 'commander';
import { addCommands } from './program.ts';

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** For tests: the commands, as `runProgram` runs them, in this process: a new one takes a second. */
export async function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  let [code, out, err] = [0, '', ''];
  const terminal = { out: (line: string) => void (out += `${line}\n`), err: (line: string) => void (err += `${line}\n`) };
  const program = new Command();
  addCommands({ program, env, terminal, exit: (exitCode) => void (code = exitCode), fromCaller: (path) => path });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    const error = refusalOf(thrown) ?? thrown;
    if (!(error instanceof RingbackError)) throw error;
    terminal.err(`${error.code}: ${error.message}`);
    code = 1;
  }
  return { code, out, err };
}
