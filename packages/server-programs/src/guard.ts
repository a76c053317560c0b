import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Runs `script` (POSIX sh; `args` are `$1`…) when this process ends, also by SIGKILL: a shell waits for the
 * end of a pipe that only we hold. @returns a function that cancels it
 */
export function guard(script: string, args: readonly string[]): () => void {
  const watcher = spawn('/bin/sh', ['-c', `read -r _; ${script}`, 'sh', ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  // Without a shell there is no guard, but the server works.
  watcher.on('error', () => {});
  watcher.unref();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a pipe's end is a Socket, which the types of spawn do not say
  (watcher.stdin as Socket).unref();
  return () => watcher.kill('SIGKILL');
}
