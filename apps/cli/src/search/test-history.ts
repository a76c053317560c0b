import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callbackKey } from '@ringback/contracts';
import { type AttemptRow, type CallbackRow, type DeliveryRow, openHistory } from '@ringback/history';
import { testCallback, testRedis } from '@ringback/testkit';
import { onTestFinished } from 'vitest';
import { testFile } from '../run-cli.ts';
import { runCommand } from '../test-commands.ts';

/** A Tuesday. */
export const T = Date.UTC(2026, 10, 24, 9);

/** For tests: settings with a history in a file, the file itself, and the command line in this process. */
export async function withTestHistory({ url, prefix } = testRedis()) {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-history-'));
  const path = join(folder, 'history.sqlite');
  const history = await openHistory({ store: 'sqlite', path }, { folder });
  onTestFinished(async () => {
    await history.close();
    rmSync(folder, { recursive: true });
  });
  const file = await testFile(
    'ringback.yaml',
    `
redis: { prefix: ${prefix} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: account, secrets: [s3cret-value] }] }]
outputs: [{ name: crm, type: webhook, url: 'https://example.com/hook' }, { name: log, type: stdout }]
routes: [{ to: [crm] }]
history: { store: sqlite, path: ${path} }
`,
  );
  const cliAt =
    (redis: string) =>
    (...args: readonly string[]) =>
      runCommand([...args, '--config', file], { REDIS_URL: redis });
  return { history, path, file, cli: cliAt(url), cliAt };
}

export function callbackRow(id: string, more: Partial<CallbackRow> = {}): CallbackRow {
  const callback = { ...testCallback(id, { receivedAt: T }), ...more };
  const own = { key: callbackKey(callback), batch: 'b1', dispatchedAt: T + 3, settings: 'd', subjects: {} };
  return { ...own, fate: { routes: [1], to: ['crm'] }, ...callback };
}

type Ref = Pick<CallbackRow, 'key' | 'receivedAt'>;

export function deliveryRow({ key, receivedAt }: Ref, more: Partial<DeliveryRow> = {}): DeliveryRow {
  return { key, receivedAt, output: 'crm', state: 'delivered', at: T + 100, ...more };
}
export function attemptRow({ key, receivedAt }: Ref, more: Partial<AttemptRow> = {}): AttemptRow {
  return { key, receivedAt, output: 'crm', number: 1, at: T + 50, ms: 20, outcome: 'delivered', ...more };
}
