import { execFile } from 'node:child_process';
import { expect } from 'vitest';
import { programOf } from './app-program.ts';
import { compiled } from './compiled.ts';

export type Ran = { readonly code: unknown; readonly out: string; readonly err: string };

export function ringback(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [programOf('cli'), ...args],
      { env: { ...compiled(), ...env }, timeout: 100_000 },
      (error, out, err) => {
        resolve({ code: error ? error.code : 0, out, err });
      },
    );
  });
}

/** The command MUST succeed. */
export async function printed(env: Readonly<Record<string, string>>, ...args: string[]): Promise<string> {
  const { code, out, err } = await ringback(env, ...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.trimEnd();
}
