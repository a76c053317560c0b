import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fromDebian, locateProgram } from '@ringback/server-programs';

const run = promisify(execFile);
const CACHE = fileURLToPath(new URL('../.ringback/cache', import.meta.url));
const FOUND_WITHIN_MS = 300_000;

/** Of Prometheus: on PATH, or from Debian's packages, unpacked without root. @throws Error that says why there is none */
async function findPromtool(): Promise<string> {
  const onPath = await locateProgram('promtool');
  if (onPath !== undefined) return onPath;
  const found = await fromDebian(
    {
      name: 'prometheus',
      package: 'prometheus',
      // Its web pages.
      without: /^(libjs-|fonts-)/,
      async probe({ tree }) {
        const program = join(tree, 'usr', 'bin', 'promtool');
        await run(program, ['--version'], { timeout: 10_000 });
        return { program };
      },
    },
    { cache: CACHE, signal: AbortSignal.timeout(FOUND_WITHIN_MS) },
  );
  if ('unavailable' in found) throw new Error(`no promtool: not on PATH; ${found.unavailable}`);
  return found.program;
}

/** The server stands beside its tool. */
export async function findPrometheus(): Promise<string> {
  const beside = join(dirname(await findPromtool()), 'prometheus');
  if (!existsSync(beside)) throw new Error(`no prometheus beside promtool: ${beside}`);
  return beside;
}

type Said = { readonly code: number | null; readonly said: string };

export async function promtool(args: readonly string[], input = ''): Promise<Said> {
  const child = spawn(await findPromtool(), args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const ended = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, said: out + err };
}

/** What `promtool check metrics` says of such a page, and its exit code. */
export function checkMetrics(page: string): Promise<Said> {
  return promtool(['check', 'metrics'], page);
}
