import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { settingsFile } from './settings-file.ts';

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

it('is the one of RINGBACK_CONFIG, else ringback.yaml, else the example', () => {
  expect(settingsFile({})).toBe('ringback.example.yaml');
  writeFileSync('ringback.yaml', '');
  expect(settingsFile({ RINGBACK_CONFIG: '' })).toBe('ringback.yaml');
  expect(settingsFile({ RINGBACK_CONFIG: '/etc/ringback.yaml' })).toBe('/etc/ringback.yaml');
});
