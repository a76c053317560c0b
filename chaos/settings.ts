import { SAMPLE_ACCOUNT } from '@ringback/testkit/bare';
import { stringify } from 'yaml';
import type { SpoolDisk } from './spool-disk.ts';

export type OutputStanza = { readonly name: string; readonly url: string } & Readonly<Record<string, unknown>>;

export type Route = { readonly when: string; readonly to: readonly string[] };

/** Short, to keep runs short. */
const BREAKER = { cooldown: '500ms', maxHold: '5s' } as const;
const RETRY = { attempts: 8, minDelay: '100ms', maxDelay: '2s' } as const;

export type SettingsParts = {
  readonly outputs: readonly OutputStanza[];
  readonly redis?: Readonly<Record<string, unknown>> | undefined;
  readonly history?: Readonly<Record<string, unknown>> | undefined;
  /** Default: every callback to each output. */
  readonly routes?: readonly Route[] | undefined;
  /** Further keys. */
  readonly ingress?: Readonly<Record<string, string | number | SpoolDisk['spool']>>;
};

/** Any free port, one account, webhook outputs. */
export function settingsFile({ outputs, redis = { prefix: PREFIX }, history, routes, ingress }: SettingsParts): string {
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
    routes: routes ?? [{ to: outputs.map(({ name }) => name) }],
  });
}

export const PREFIX = 'chaos';
export const SOURCE = 'callbot';
