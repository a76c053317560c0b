import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { InspectedConfig } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import { createHttpClient, createOutput } from '@ringback/outputs';
import { createSources } from '@ringback/sources';
import { checkWarnings } from './check-warnings.ts';
import { historyFileWarnings } from './history-warnings.ts';
import { type Env, inspectSettings } from '../reach/load-settings.ts';
import { shardNotes } from './shard-notes.ts';
import type { Terminal } from '../terminal/terminal.ts';

type Examined = Pick<InspectedConfig, 'leaves'> & {
  readonly config: InspectedConfig['config'];
  /** Each with file, line and column. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
};

/** Offline. @throws RingbackError RB_CONFIG_UNREADABLE or RB_CONFIG_INVALID */
export function examine({ path, env }: Pick<CheckOptions, 'path' | 'env'>): Examined {
  const inspected = inspectSettings({ path, env });
  const { config, leaves } = inspected;
  const problems = [...sourceProblems(inspected), ...outputProblems(inspected), ...spoolProblems(inspected, path)];
  if (problems.length > 0) return { config, leaves, problems, warnings: [], notes: [] };
  const ofFile = historyFileWarnings(config, path).map(({ at, text }) => inspected.lineOf(at, text));
  return { config, leaves, problems, warnings: [...checkWarnings(inspected), ...ofFile], notes: shardNotes(config) };
}

type CheckOptions = { readonly path: string; readonly env: Env; readonly strict: boolean; readonly terminal: Terminal };

/**
 * Offline. True if all is valid; with `strict`, warnings count. @throws RingbackError RB_CONFIG_UNREADABLE or
 * RB_CONFIG_INVALID
 */
export function check({ path, env, strict, terminal }: CheckOptions): boolean {
  const { config, problems, warnings, notes } = examine({ path, env });
  const { sources, outputs, routes, redis } = config;
  if (problems.length > 0) throw new RingbackError('RB_CONFIG_INVALID', problems.join('\n'));
  for (const warning of warnings) terminal.err(`warning: ${warning}`);
  for (const note of notes) terminal.out(`note: ${note}`);
  const fine = warnings.length === 0 || !strict;
  const counts = [count(sources, 'source'), count(outputs, 'output'), count(routes, 'route')];
  if (redis.shards > 1) counts.push(count({ length: redis.shards }, 'shard'));
  if (warnings.length > 0) counts.push(count(warnings, 'warning'));
  terminal.out(`${path} ${fine ? 'is fine' : 'has warnings'}: ${counts.join(', ')}`);
  return fine;
}

function sourceProblems({ config, locate }: InspectedConfig): string[] {
  return config.sources.flatMap((source, index) => problemsOf(() => locate(['sources', index], () => createSources([source]))));
}

function outputProblems({ config, locate }: InspectedConfig): string[] {
  const deps = { http: createHttpClient(), now: Date.now, writeLine: () => Promise.resolve(), sourceTypeOf: () => undefined };
  return config.outputs.flatMap((output, index) =>
    problemsOf(() => locate(['outputs', index], () => createOutput(output, deps))),
  );
}

function problemsOf(create: () => unknown): string[] {
  try {
    create();
    return [];
  } catch (error) {
    if (error instanceof RingbackError) return [error.message];
    throw error;
  }
}

/** The ingress does not create the folder: that would hide a missing mount. */
function spoolProblems({ config, lineOf }: InspectedConfig, path: string): string[] {
  const { spool } = config.ingress;
  if (spool === undefined) return [];
  const folder = dirname(resolve(dirname(path), spool.path));
  if (existsSync(folder) && statSync(folder).isDirectory()) return [];
  return [lineOf(['ingress', 'spool', 'path'], 'its folder does not exist on this machine; make it')];
}

function count(things: { readonly length: number }, noun: string): string {
  return `${things.length} ${noun}${things.length === 1 ? '' : 's'}`;
}
