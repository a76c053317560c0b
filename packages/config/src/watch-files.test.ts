import { setImmediate } from 'node:timers/promises';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createSettingsReader } from './settings-reader.ts';
import { outputTypes, parts, settings, sourceTypes } from './test-settings.ts';
import { LOOK_EVERY_MS, watchFiles, WHOLE_AFTER_MS } from './watch-files.ts';

const DEADLINE = { timeout: 30_000, interval: 20 };
const sources = parts.sources.replace("secrets: ['hush']", 'secretsFile: secret');

/** `vi.waitFor` would advance the fake timers while it waits. */
async function waitUntil(holds: () => boolean): Promise<void> {
  const until = performance.now() + DEADLINE.timeout;
  while (!holds()) {
    if (performance.now() > until) throw new Error('it did not come to that within the deadline');
    await setImmediate();
  }
}

/** As the kubelet mounts a ConfigMap: files are links through `..data`, and only that link changes. */
function mount() {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-mount-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const publish = (version: string, { text = settings({ sources }), secret = 'hush' }) => {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'ringback.yaml'), text);
    writeFileSync(join(folder, version, 'secret'), secret);
    symlinkSync(version, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  publish('..1', {});
  for (const name of ['ringback.yaml', 'secret']) symlinkSync(join('..data', name), join(folder, name));
  return { path: join(folder, 'ringback.yaml'), publish };
}

it('sees the swap of a mounted ConfigMap: of the settings, and of a secret alone', async () => {
  const { path, publish } = mount();
  const reader = createSettingsReader({ path, env: {}, sourceTypes, outputTypes, checkCondition: () => undefined });
  reader.read();
  const onChange = vi.fn(() => void reader.read());
  const watching = watchFiles({ reader, onChange, logger: { debug() {}, info() {}, warn() {}, error() {} } });
  watching.follow(true);
  onTestFinished(() => watching.follow(false));
  publish('..2', { text: settings({ sources, more: 'log: { level: debug }' }) });
  await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1), DEADLINE);
  expect(reader.read().config.log.level).toBe('debug');
  publish('..3', { text: settings({ sources, more: 'log: { level: debug }' }), secret: 'other' });
  await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(2), DEADLINE);
});

it('takes a file that is written in place only once it has been the same for a while', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-mount-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'ringback.yaml');
  writeFileSync(path, settings());
  const reader = createSettingsReader({ path, env: {}, sourceTypes, outputTypes, checkCondition: () => undefined });
  reader.read();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const onChange = vi.fn(() => void reader.read());
  const watching = watchFiles({ reader, onChange, logger: { debug() {}, info() {}, warn() {}, error() {} } });
  watching.follow(true);
  onTestFinished(() => watching.follow(false));
  /** The timer of the next look, and that of the file. */
  const settling = () => waitUntil(() => vi.getTimerCount() >= 2);

  const [half, rest] = [settings({ routes: 'routes:\n' }), '  - { to: [out] }\n'];
  writeFileSync(path, half);
  vi.advanceTimersByTime(LOOK_EVERY_MS);
  await settling();
  for (const more of [rest, rest]) {
    appendFileSync(path, more);
    vi.advanceTimersByTime(WHOLE_AFTER_MS);
    await settling();
    expect(onChange).not.toHaveBeenCalled();
  }
  vi.advanceTimersByTime(WHOLE_AFTER_MS);
  await waitUntil(() => onChange.mock.calls.length > 0);
  expect(reader.read().config.routes).toHaveLength(2);
  // What was read is no change.
  vi.advanceTimersByTime(LOOK_EVERY_MS);
  expect([vi.getTimerCount(), onChange.mock.calls.length]).toEqual([1, 1]);
});
