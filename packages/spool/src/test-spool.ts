import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Callback, IdentifiedBatch } from '@ringback/contracts';
import { onTestFinished, vi } from 'vitest';
import { openSpool, type Spool, type SpoolOptions } from './spool.ts';

export const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

/** A path for a spool, in a folder that goes with the test. */
export function spoolPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'spool.sqlite');
}

export function open(path: string, options: Partial<SpoolOptions> = {}): Spool {
  const spool = openSpool({ path, maxBytes: 2 ** 30, maxAge: 3_600_000, now: Date.now, logger, ...options });
  onTestFinished(() => {
    try {
      spool.close();
    } catch {
      // The test closed it.
    }
  });
  return spool;
}

export const callback = (id: string, body = '{"n":1.10}'): Callback => ({
  id,
  source: 'callbot',
  account: 'account',
  type: 'callbot.call',
  time: 1,
  receivedAt: 2,
  body,
});

export const batch = (id: string, ...callbacks: Callback[]): IdentifiedBatch => ({
  id,
  callbacks: callbacks.length > 0 ? callbacks : [callback(`${id}-only`)],
});
