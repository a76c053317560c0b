import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { requireSettingsFile, settingsFile } from './settings-file.ts';

const before = process.cwd();
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringback-config-'));
  process.chdir(folder);
});

afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

it('of a command is the one of RINGBACK_CONFIG, else ringback.yaml, else the example', () => {
  expect(() => settingsFile({})).toThrow(/there are no settings.*ringback init/);
  writeFileSync('ringback.example.yaml', '');
  expect(settingsFile({})).toBe('ringback.example.yaml');
  writeFileSync('ringback.yaml', '');
  expect(settingsFile({ RINGBACK_CONFIG: '' })).toBe('ringback.yaml');
  expect(settingsFile({ RINGBACK_CONFIG: '/etc/ringback.yaml' })).toBe('/etc/ringback.yaml');
});

it('of an app is never the example', () => {
  writeFileSync('ringback.example.yaml', '');
  const refusal = expect.objectContaining({ code: 'RB_CONFIG_UNREADABLE', message: expect.stringContaining('RINGBACK_CONFIG') });
  expect(() => requireSettingsFile({})).toThrow(refusal);
  expect(() => requireSettingsFile({ RINGBACK_CONFIG: '' })).toThrow(refusal);
  expect(requireSettingsFile({ RINGBACK_CONFIG: 'ringback.example.yaml' })).toBe('ringback.example.yaml');
  writeFileSync('ringback.yaml', '');
  expect(requireSettingsFile({})).toBe('ringback.yaml');
});
