import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from '@ringback/config';
import { canWrite } from './can-write.ts';
import type { Warning } from './warning.ts';

export function historyWarnings({ history, redis }: Config): Warning[] {
  if (history === undefined) return [];
  const warnings: Warning[] = [];
  const nodes = redis.cluster?.nodes ?? redis.sentinel?.nodes ?? [];
  if (history.store === 'sqlite' && !nodes.every(isLoopback)) {
    const text =
      'sqlite is right only if all workers and commands run on one machine: each machine would keep a history of its own. For several machines: store: postgres';
    warnings.push({ at: ['history', 'store'], text });
  }
  if (history.keepBodies > history.keep) {
    const text = 'is more than keep: a body goes with its callback, so that it is kept for no longer than that';
    warnings.push({ at: ['history', 'keepBodies'], text });
  }
  return warnings;
}

/** A Redis of several servers that are all here has its workers here as well. */
function isLoopback(node: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\]):\d+$/.test(node);
}

/** Of this machine and this user: a worker may run as another one. */
export function historyFileWarnings({ history }: Config, settingsPath: string): Warning[] {
  if (history?.store !== 'sqlite' || history.path === undefined) return [];
  const path = resolve(dirname(settingsPath), history.path);
  const text = problemOf(path);
  return text === undefined ? [] : [{ at: ['history', 'path'], text }];
}

function problemOf(path: string): string | undefined {
  if (existsSync(path))
    return statSync(path).isDirectory()
      ? 'is a folder: name a file'
      : canWrite(path)
        ? undefined
        : 'may not be written by this user';
  let folder = dirname(path);
  while (!existsSync(folder)) folder = dirname(folder);
  if (!statSync(folder).isDirectory()) return `cannot be made: ${folder} is no folder`;
  return canWrite(folder) ? undefined : `cannot be made by this user: ${folder} may not be written`;
}
