import { createHttpClient, createOutput } from '@ringback/outputs';
import { createSources } from '@ringback/sources';
import { type Env, inspectSettings } from './load-settings.ts';
import type { Terminal } from './terminal.ts';

/**
 * Reads the settings as the apps would, sources and outputs included, and says so when all is well. Neither Redis nor a destination is asked.
 * @throws RingbackError RB_CONFIG_UNREADABLE or RB_CONFIG_INVALID
 */
export function check({ path, env, terminal }: { path: string; env: Env; terminal: Terminal }): void {
  const { sources, outputs, routes } = inspectSettings({ path, env }).config;
  createSources(sources);
  const deps = { http: createHttpClient(), now: Date.now, writeLine: () => Promise.resolve() };
  for (const output of outputs) createOutput(output, deps);
  const counts = [count(sources, 'source'), count(outputs, 'output'), count(routes, 'route')];
  terminal.out(`${path} is fine: ${counts.join(', ')}`);
}

function count(things: readonly unknown[], noun: string): string {
  return `${things.length} ${noun}${things.length === 1 ? '' : 's'}`;
}
