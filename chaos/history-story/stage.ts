import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisServerSpec } from '@ringback/redis-server';
import { type PrivateRedis, runPrivateRedis, SIGNING_SECRET } from '@ringback/testkit/bare';
import { stringify } from 'yaml';
import { BENCH_ACCOUNT } from '../../bench/account.ts';
import { createAppSlot } from '../app-slot.ts';
import { type Command, commandOf } from './commands.ts';
import { createDestination, type Destination } from './destination.ts';

/** One Ringback with a small Redis and a history in a file. */
export type Stage = {
  readonly redis: PrivateRedis;
  readonly destination: Destination;
  readonly ingressUrl: string;
  readonly ringback: Command;
  /** Holds the history, and nothing else. */
  readonly historyFolder: string;
};

export type StageOptions = {
  readonly spec: RedisServerSpec;
  /** Of Redis. */
  readonly maxMemory: string;
  /** Of the output that dies. Absent: the default. */
  readonly backlog?: { readonly max: string };
  readonly onCommand: (args: readonly string[]) => void;
};

export type OnClose = (closer: () => Promise<unknown>) => void;

export const [CRM, ARCHIVE, NEW_CRM] = ['crm', 'archive', 'new-crm'] as const;

export async function openStage({ spec, maxMemory, backlog, onCommand }: StageOptions, onClose: OnClose): Promise<Stage> {
  const redis = await runPrivateRedis(spec, { appendfsync: 'everysec', settings: ['--maxmemory', maxMemory] });
  onClose(() => redis.remove());
  const destination = await createDestination();
  onClose(() => destination.close());
  const folder = await mkdtemp(join(tmpdir(), 'ringback-story-'));
  onClose(() => rm(folder, { recursive: true, force: true }));
  const settings = join(folder, 'ringback.yaml');
  await writeFile(settings, settingsText(destination.url, backlog));
  const env = { RINGBACK_CONFIG: settings, REDIS_URL: redis.url };
  const [ingress, worker] = (['ingress', 'worker'] as const).map((app) => createAppSlot({ app, number: 1, env }));
  for (const slot of [ingress, worker]) {
    if (slot) onClose(slot.close);
    await slot?.start();
  }
  return {
    redis,
    destination,
    ingressUrl: ingress?.url() ?? '',
    ringback: commandOf(env, onCommand),
    historyFolder: join(folder, 'history'),
  };
}

/** Shorter waits than the defaults, so that the story is short. `new-crm` gets only what is replayed to it. */
function settingsText(url: string, backlog: StageOptions['backlog']): string {
  const output = (name: string) => ({
    name,
    type: 'webhook',
    url: `${url}/${name}`,
    signingSecret: SIGNING_SECRET,
    retry: { minDelay: '200ms', maxDelay: '1s' },
    breaker: { cooldown: '500ms' },
  });
  const { uuid, secret } = BENCH_ACCOUNT;
  return stringify({
    ingress: { host: '127.0.0.1', port: 0, adminPort: 0 },
    worker: { adminPort: 0 },
    history: { store: 'sqlite', path: 'history/history.sqlite', keep: '30d', keepBodies: '7d' },
    sources: [{ name: 'callbot', type: 'callbot', accounts: [{ uuid, secrets: [secret], algorithm: 'md5' }] }],
    outputs: [{ ...output(CRM), ...(backlog && { backlog }) }, output(ARCHIVE), output(NEW_CRM)],
    routes: [{ to: [CRM, ARCHIVE] }],
  });
}
