import { execFile } from 'node:child_process';
import { compiled, programOf } from '@ringback/testkit/bare';

const ENDS_WITHIN_MS = 120_000;
/** Of what a failed command says. */
const MOST_WORDS = 500;

export type Command = (...args: string[]) => Promise<string>;

/** `npm run ringback -- …` with these settings. Resolves with what it prints. @throws Error with what it says if it fails */
export function commandOf(env: Readonly<Record<string, string>>, onCommand: (args: readonly string[]) => void): Command {
  return (...args) =>
    new Promise((resolve, reject) => {
      onCommand(args);
      const options = { env: { PATH: process.env['PATH'], ...compiled(), ...env }, timeout: ENDS_WITHIN_MS, maxBuffer: 2 ** 28 };
      execFile(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', programOf('cli'), ...args],
        options,
        (error, out, err) => {
          if (error) reject(new Error(`ringback ${args.join(' ')}: ${(err || out || error.message).slice(0, MOST_WORDS)}`));
          else resolve(out);
        },
      );
    });
}

/** What `trace --json` says, as far as the story looks at it. */
export type Trace = {
  readonly callback: { readonly requestID: string };
  readonly deliveries: readonly {
    readonly output: string;
    readonly state: string;
    readonly attempts: readonly { readonly outcome: string }[];
  }[];
};

export async function json<T>({ ringback }: { readonly ringback: Command }, ...args: string[]): Promise<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is asked of it is compared by the caller
  return JSON.parse(await ringback(...args, '--json')) as T;
}
