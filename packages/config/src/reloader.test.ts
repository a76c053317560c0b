import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createReloader } from './reloader.ts';
import { workerParts } from './settings-parts.ts';
import { createSettingsReader } from './settings-reader.ts';
import { outputTypes, settings, sourceTypes } from './test-settings.ts';

const DEADLINE = { timeout: 30_000, interval: 20 };
const text = (more: string) => settings({ routes: "routes: [{ to: [out], when: 'data.x == 1' }]", more });

/** Counts how often the file was parsed: each time its condition is checked. */
function started() {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-reload-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'ringback.yaml');
  writeFileSync(path, text(''));
  const checkCondition = vi.fn<() => undefined>();
  const reader = createSettingsReader({ path, env: {}, sourceTypes, outputTypes, checkCondition });
  const apply = vi.fn(async () => {});
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const of = { app: 'worker', partsOf: workerParts, path, apply, logger } as const;
  const reloader = createReloader({ ...of, reader, started: reader.read() });
  onTestFinished(() => reloader.close());
  const reload = async () => {
    const { succeeded, failed } = reloader.state().reloads;
    const total = succeeded + failed + 1;
    reloader.reload();
    await vi.waitFor(() => {
      const { reloads } = reloader.state();
      expect(reloads.succeeded + reloads.failed).toBe(total);
    }, DEADLINE);
    return {
      parsed: checkCondition.mock.calls.length,
      applied: apply.mock.calls.length,
      problem: reloader.state().problem?.code,
    };
  };
  return { path, reload, parts: reloader.parts };
}

it('parses nothing if the files hold the same bytes, and takes what they hold otherwise', async () => {
  const { path, reload, parts } = started();
  const before = parts();
  expect(await reload()).toEqual({ parsed: 1, applied: 0 });
  utimesSync(path, 1, 1);
  expect(await reload()).toEqual({ parsed: 1, applied: 0 });

  writeFileSync(path, text('log: { level: debug }'));
  expect(await reload()).toEqual({ parsed: 2, applied: 1 });
  expect(parts()).toEqual(before);
  expect(await reload()).toEqual({ parsed: 2, applied: 1 });

  writeFileSync(path, 'redis: [');
  expect(await reload()).toEqual({ parsed: 2, applied: 1, problem: 'RB_CONFIG_INVALID' });
  // What runs is in the file again: the problem is over.
  writeFileSync(path, text('log: { level: debug }'));
  expect(await reload()).toEqual({ parsed: 2, applied: 1 });

  writeFileSync(path, text('dedupe: { window: 1h }'));
  expect(await reload()).toEqual({ parsed: 3, applied: 2 });
  expect(parts()).not.toEqual(before);
});
