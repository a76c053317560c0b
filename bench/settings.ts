import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '@ringback/config';
import { outputTypes } from '@ringback/outputs';
import { checkCondition } from '@ringback/routing';
import { sourceTypes } from '@ringback/sources';
import { SIGNING_SECRET } from '@ringback/testkit/bare';
import { stringify } from 'yaml';
import { BENCH_ACCOUNT } from './account.ts';
import type { OnClose } from './processes.ts';

/** For callbacks that fan out; others go to the first. */
export const OUTPUTS = ['one', 'two', 'three'] as const;

/** taskStatus → number of outputs. */
export const STATUS_FOR = { 1: 3, 3: 4 } as const;

/** Per output and process: Ringback's default. */
export const CONCURRENCY = 32;

export async function makeFolder(onClose: OnClose): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-bench-'));
  onClose(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export type HistoryPlace =
  | { readonly store: 'sqlite'; readonly path: string }
  | { readonly store: 'postgres'; readonly url: string };

export type SettingsOptions = {
  readonly folder: string;
  readonly durability: 'everysec' | 'always';
  readonly sinkUrl: string;
  /** Absent: the Redis of `REDIS_URL`. */
  readonly cluster?: { readonly nodes: readonly string[]; readonly shards: number };
  /** The section of the settings. Absent: no history. */
  readonly history?: HistoryPlace;
  /** Of bodies. Absent: they are not encrypted. */
  readonly bodyKey?: string;
};

/** All defaults but ports, Redis and destinations. Returns its path. */
export async function writeSettings({
  folder,
  durability,
  sinkUrl,
  cluster,
  history,
  bodyKey,
}: SettingsOptions): Promise<string> {
  const layout = cluster ? `-${cluster.shards}-${cluster.nodes.length}` : '';
  const path = join(folder, `${durability}${layout}${history ? `-${history.store}` : ''}${bodyKey ? '-encrypted' : ''}.yaml`);
  const [first] = OUTPUTS;
  const settings = {
    ingress: { host: '127.0.0.1', port: 0, adminPort: 0 },
    worker: { adminPort: 0 },
    redis: { durability, ...(cluster && { cluster: { nodes: cluster.nodes }, shards: cluster.shards }) },
    ...(history && { history }),
    ...(bodyKey && { privacy: { encrypt: { keys: [{ key: bodyKey }] } } }),
    sources: [
      {
        name: 'callbot',
        type: 'callbot',
        accounts: [{ uuid: BENCH_ACCOUNT.uuid, secrets: [BENCH_ACCOUNT.secret], algorithm: 'md5' }],
      },
    ],
    outputs: OUTPUTS.map((name) => ({ name, type: 'webhook', url: `${sinkUrl}/${name}`, signingSecret: SIGNING_SECRET })),
    routes: [
      { match: 'callbot.task.completed', to: [first] },
      { match: 'callbot.task.failed', to: [...OUTPUTS] },
    ],
  };
  await writeFile(path, stringify(settings));
  return path;
}

/** The same file for the other contestants. */
export function readSettings(env: NodeJS.ProcessEnv): Config {
  return loadConfig({ path: env['RINGBACK_CONFIG'] ?? '', env, sourceTypes, outputTypes, checkCondition });
}
