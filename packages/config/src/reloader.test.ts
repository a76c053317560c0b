import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { contentOf } from './leaves.ts';
import type { InspectedConfig } from './load.ts';
import { createReloader } from './reloader.ts';
import { workerParts } from './settings-parts.ts';
import { createSettingsReader } from './settings-reader.ts';
import { outputTypes, settings, sourceTypes } from './test-settings.ts';

const DEADLINE = { timeout: 30_000, interval: 20 };
const text = (more: string) => settings({ routes: "routes: [{ to: [out], when: 'data.x == 1' }]", more });

const FILES = ['one.key', 'two.key'] as const;
const outputs = `outputs: [${FILES.map((file) => `{ name: ${file[0]}, type: webhook, url: 'http://a', signingSecretFile: ${file} }`).join()}]`;
/** Conditions are checked after all files were read. */
const rotated = (more: string) =>
  settings({ outputs, routes: "routes: [{ to: [o], when: 'data.x == 1' }, { to: [t], when: 'data.x == 2' }]", more });

/** Counts how often the file was parsed: each time its condition is checked. */
function started(content = text('')) {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-reload-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'ringback.yaml');
  for (const name of FILES) writeFileSync(join(folder, name), 'old');
  writeFileSync(path, content);
  const checkCondition = vi.fn<() => undefined>();
  const reader = createSettingsReader({ path, env: {}, sourceTypes, outputTypes, checkCondition });
  const apply = vi.fn<(next: InspectedConfig) => Promise<void>>(async () => {});
  const info = vi.fn<(fields: object, message: string) => void>();
  const logger = { debug() {}, info, warn() {}, error() {} };
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
  const write = (name: (typeof FILES)[number], secret: string) => writeFileSync(join(folder, name), secret);
  /** Runs with the first condition that is checked from now on. */
  const onCheck = (run: () => unknown) =>
    void checkCondition.mockImplementationOnce(() => {
      run();
    });
  const said = () => info.mock.calls.map(([, message]) => message);
  return {
    path,
    reload,
    write,
    folder,
    remove: (name: string) => rmSync(join(folder, name)),
    onCheck,
    said,
    apply,
    reloader,
    checkCondition,
  };
}

const secretsOf = (next: InspectedConfig) =>
  next.leaves().flatMap((leaf) => (leaf.keys.at(-1) === 'signingSecret' ? [JSON.parse(contentOf(leaf))] : []));

it('parses nothing if the files hold the same bytes, and takes what they hold otherwise', async () => {
  const { path, reload, reloader } = started();
  const { parts } = reloader;
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

describe('while a rotation of secrets is under way', () => {
  it('takes no half of it: it reads all files again if one changed meanwhile', async () => {
    const { reload, write, onCheck, apply } = started(rotated(''));
    write('one.key', 'new');
    onCheck(() => write('two.key', 'new'));
    expect(await reload()).toEqual({ parsed: 6, applied: 1 });
    expect(apply.mock.calls.map(([next]) => secretsOf(next))).toEqual([['new', 'new']]);
  });

  it('reads again what was broken only meanwhile', async () => {
    const { reload, write, remove, onCheck, apply } = started(rotated(''));
    write('one.key', 'new');
    remove('two.key');
    onCheck(() => write('two.key', 'new'));
    expect(await reload()).toEqual({ parsed: 6, applied: 1 });
    expect(apply.mock.calls.map(([next]) => secretsOf(next))).toEqual([['new', 'new']]);
  });

  it('takes nothing if the files change each time', async () => {
    const { reload, write, onCheck } = started(rotated(''));
    write('one.key', 'new');
    for (const secret of ['a', 'b', 'c']) {
      onCheck(() => write('one.key', secret));
      onCheck(() => {});
    }
    expect(await reload()).toEqual({ parsed: 8, applied: 0, problem: 'RB_CONFIG_UNREADABLE' });
  });
});

it('reads no pipe, says so, and takes what stands there later', async () => {
  const { reload, write, remove, folder, reloader, apply } = started(rotated(''));
  remove('one.key');
  spawnSync('mkfifo', [join(folder, 'one.key')]);
  expect(await reload()).toMatchObject({ applied: 0, problem: 'RB_CONFIG_INVALID' });
  expect(reloader.state().problem?.text).toContain('one.key cannot be read: it is no regular file');
  remove('one.key');
  write('one.key', 'new');
  expect(await reload()).toMatchObject({ applied: 1 });
  expect(apply.mock.calls.map(([next]) => secretsOf(next))).toEqual([['new', 'old']]);
});

it('ends at its next step if the process stops, and takes nothing', async () => {
  const { path, onCheck, said, apply, reloader, checkCondition } = started(rotated(''));
  writeFileSync(path, rotated('log: { level: debug }'));
  const closed = Promise.withResolvers<void>();
  onCheck(() => closed.resolve(reloader.close()));
  reloader.reload();
  await closed.promise;
  expect(said()).toEqual(['settings not reloaded: the process stops']);
  // Two at the start.
  expect([checkCondition.mock.calls.length, apply.mock.calls.length]).toEqual([3, 0]);
  expect(reloader.state()).toMatchObject({ reloads: { succeeded: 0, failed: 0 } });
});
