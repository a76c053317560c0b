import { SAMPLE_ACCOUNT } from '@ringback/testkit/bare';
import { stringify } from 'yaml';
import { join } from 'node:path';
import type { SpoolDisk } from './spool-disk.ts';

export type OutputStanza = { readonly name: string; readonly url: string } & Readonly<Record<string, unknown>>;

/** Short, to keep runs short. */
const BREAKER = { cooldown: '500ms', maxHold: '5s' } as const;
const RETRY = { attempts: 8, minDelay: '100ms', maxDelay: '2s' } as const;

export type SettingsParts = {
  readonly outputs: readonly OutputStanza[];
  readonly redis?: Readonly<Record<string, unknown>> | undefined;
  readonly history?: Readonly<Record<string, unknown>> | undefined;
  /** Further keys. */
  readonly ingress?: Readonly<Record<string, string | number | SpoolDisk['spool']>>;
};

/** Any free port, one account, every callback to each webhook output. */
export function settingsFile({ outputs, redis = { prefix: PREFIX }, history, ingress }: SettingsParts): string {
  return stringify({
    log: { level: 'info' },
    ingress: { host: '127.0.0.1', port: 0, adminPort: 0, enqueueTimeout: '500ms', drainDelay: '500ms', ...ingress },
    worker: { adminPort: 0, lockDuration: '2s', shutdownGrace: '10s' },
    redis,
    ...(history && { history }),
    sources: [
      {
        name: SOURCE,
        type: 'callbot',
        accounts: [{ uuid: SAMPLE_ACCOUNT.uuid, secrets: [SAMPLE_ACCOUNT.secret], algorithm: 'md5' }],
      },
    ],
    outputs: outputs.map((output) => ({ type: 'webhook', timeout: '5s', retry: RETRY, breaker: BREAKER, ...output })),
    routes: [{ to: outputs.map(({ name }) => name) }],
  });
}

/** SQLite, in the folder of the settings. */
export const historyPlace = (folder: string) => ({ store: 'sqlite', path: join(folder, 'history.sqlite') }) as const;

export const PREFIX = 'chaos';
export const SOURCE = 'callbot';
