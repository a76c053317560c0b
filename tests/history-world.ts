import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HistoryStore, openHistory } from '@ringback/history';
import { createInstallation, interfaceSettings, type PrivateRedis, testRedis } from '@ringback/testkit';
import { onTestFinished } from 'vitest';

export const DEADLINE = { timeout: 90_000, interval: 50 };

type Options = {
  readonly redis?: Pick<PrivateRedis, 'url'>;
  readonly file?: string;
  readonly more?: string;
  readonly worker?: string;
  /** Further sections. */
  readonly sections?: string;
};

/** Ringback with a history in a SQLite file. */
export async function setUpHistory({ redis, file = 'history.sqlite', more = '', worker = '', sections = '' }: Options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, file);
  const { url, prefix } = { ...testRedis(), ...redis };
  const settings = (crmUrl: string) =>
    `${interfaceSettings({ crmUrl, prefix, worker })}\nhistory: { store: sqlite, path: ${path}, ${more} }\n${sections}\n`;
  const installation = await createInstallation({ redisUrl: url, settings });
  const open = async (): Promise<HistoryStore> => {
    const store = await openHistory({ store: 'sqlite', path }, { folder });
    onTestFinished(() => store.close());
    return store;
  };
  return { ...installation, open, folder, path, url, prefix };
}
