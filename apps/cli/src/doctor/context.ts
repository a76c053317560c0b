import { readFileSync } from 'node:fs';
import { type Config, settingsFile } from '@ringback/config';
import type { Endpoint } from '@ringback/contracts';
import { createOutput, reach } from '@ringback/outputs';
import type { DoctorContext, ReachedEndpoint } from './check.ts';
import { SHARE_OF_TIMEOUT } from './run-checks.ts';
import { type Env, loadSettings } from '../reach/load-settings.ts';
import { connectShards, type Shards } from '../reach/shards.ts';

export type ContextOptions = Pick<DoctorContext, 'env' | 'http' | 'timeout' | 'now'> & {
  /** Absent: as for the other commands. */
  readonly config: string | undefined;
};

/** MUST be closed. */
export function createContext(options: ContextOptions): DoctorContext & { readonly close: () => void } {
  const { env, config, timeout } = options;
  const path = () => config ?? settingsFile(env);
  const loaded = once(() => load(path(), env));
  const settings = () => loaded().settings;
  let opened: Promise<Shards> | undefined;
  const shards = once(async () => (opened = connectShards(settings().redis, env)));
  return {
    ...options,
    path,
    settings,
    readFiles: () => loaded().files,
    shards,
    endpoints: once(async () => reachAll(settings(), timeout)),
    close() {
      void opened?.then(disconnect, () => {});
    },
  };
}

function disconnect({ reached }: Shards): void {
  for (const { redis } of reached) redis.disconnect();
}

/** A failure is remembered as well. */
function once<T>(work: () => T): () => T {
  let done: { readonly value: T } | { readonly thrown: unknown } | undefined;
  return () => {
    done ??= outcomeOf(work);
    if ('thrown' in done) throw done.thrown;
    return done.value;
  };
}

function outcomeOf<T>(work: () => T): { readonly value: T } | { readonly thrown: unknown } {
  try {
    return { value: work() };
  } catch (thrown) {
    return { thrown };
  }
}

function load(path: string, env: Env): { readonly settings: Config; readonly files: readonly string[] } {
  const files: string[] = [];
  const readFile = (file: string) => {
    files.push(file);
    return readFileSync(file);
  };
  return { settings: loadSettings({ path, env, readFile }), files: [...new Set(files)] };
}

function reachAll({ outputs }: Config, timeout: number): Promise<ReachedEndpoint[]> {
  const signal = AbortSignal.timeout(timeout * SHARE_OF_TIMEOUT);
  return Promise.all(
    outputs.flatMap((output) =>
      endpointsOf(output).map(async (endpoint) => ({
        output: output.name,
        place: placeOf(endpoint),
        reach: await reach(endpoint, signal),
      })),
    ),
  );
}

/** None if the output cannot be made: `settings` tells that. */
function endpointsOf(output: Config['outputs'][number]): readonly Endpoint[] {
  try {
    return createOutput(output, IDLE).endpoints?.() ?? [];
  } catch {
    return [];
  }
}

/** For an output that delivers nothing. */
const IDLE = {
  http: { post: () => Promise.reject(new Error('nothing is delivered here')), close: () => Promise.resolve() },
  now: Date.now,
  writeLine: () => Promise.resolve(),
  sourceTypeOf: () => undefined,
};

function placeOf({ host, port, tls }: Endpoint): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
