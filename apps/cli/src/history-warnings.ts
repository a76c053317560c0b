import type { Config } from '@ringback/config';
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
