import type { SettingsChange } from './compare.ts';

export type App = 'ingress' | 'worker';

const APPS = ['ingress', 'worker'] as const satisfies readonly App[];

/** What a process is built around for as long as it runs: its sockets, its connections to Redis, and its files. */
export const BUILT_IN: Readonly<Record<App, readonly string[]>> = {
  ingress: [
    'redis',
    'ingress.host',
    'ingress.port',
    'ingress.adminHost',
    'ingress.adminPort',
    'ingress.adminToken',
    'ingress.adminTls',
    'ingress.enqueueTimeout',
    'ingress.headerLimit',
    'ingress.spool',
    'tracing',
    // Of a history it needs to know only whether there is one.
    'history.store',
  ],
  worker: [
    'redis',
    'worker.adminHost',
    'worker.adminPort',
    'worker.adminToken',
    'worker.adminTls',
    'worker.lockDuration',
    'worker.shards',
    'tracing',
    'history.store',
    'history.path',
    'history.url',
    'history.schema',
    'history.tls',
  ],
};

/** The apps that cannot take this change while they run. */
export function restartedFor({ setting }: Pick<SettingsChange, 'setting'>): readonly App[] {
  return APPS.filter((app) => BUILT_IN[app].some((part) => isWithin(setting, part) || isWithin(part, setting)));
}

const isWithin = (setting: string, part: string) => setting === part || setting.startsWith(`${part}.`);
