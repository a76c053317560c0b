import { expect } from 'vitest';
import { runCommand } from '../apps/cli/src/test-commands.ts';

type Env = Readonly<Record<string, string>>;

/** Runs a command in this process: a new one takes half a second. */
export const ringback = (env: Env, ...args: string[]) => runCommand(args, env);

/** The command MUST succeed. */
export async function printed(env: Env, ...args: string[]): Promise<string> {
  const { code, out, err } = await ringback(env, ...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.trimEnd();
}
