import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Callback, Batch, Logger } from '@ringback/contracts';
import { onTestFinished, vi } from 'vitest';
import { openSpools, type Spool, type SpoolOptions } from './spool.ts';

const log = () => vi.fn<Logger['info']>();
export const logger = { debug: log(), info: log(), warn: log(), error: log() };

export function spoolPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'spool.sqlite');
}

export function open(path: string, options: Partial<SpoolOptions> = {}): Spool {
  const [spool] = openAll(path, 1, options);
  if (spool === undefined) throw new Error('no spool');
  return spool;
}

export function openAll(path: string, shards: number, options: Partial<SpoolOptions> = {}): readonly Spool[] {
  const spools = openSpools({ path, shards, maxBytes: 2 ** 30, maxAge: 3_600_000, now: Date.now, logger, ...options });
  onTestFinished(() => {
    for (const spool of spools) spool.close();
  });
  return spools;
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

export const batch = (id: string, ...callbacks: Callback[]): Batch => ({
  id,
  callbacks: callbacks.length > 0 ? callbacks : [callback(`${id}-only`)],
});

export const large = (kibibytes: number) => 'x'.repeat(kibibytes * 1024);

export function fill(spool: Spool, kibibytes = 100): { kept: string[]; refusal: unknown } {
  const kept: string[] = [];
  for (;;) {
    const id = `b${kibibytes}-${kept.length}`;
    try {
      spool.put(batch(id, callback(id, large(kibibytes))));
      kept.push(id);
    } catch (refusal) {
      return { kept, refusal };
    }
  }
}

export function takeAll(spool: Spool): string[] {
  const all: string[] = [];
  for (let batches = spool.oldest(); batches.length > 0; batches = spool.oldest()) {
    all.push(...batches.map(({ id }) => id));
    spool.remove(batches);
  }
  return all;
}
