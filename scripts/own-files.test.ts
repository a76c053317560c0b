import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OXFMT = join(ROOT, 'node_modules/oxfmt/bin/oxfmt');

it('leaves the settings and secrets of the user out of git', () => {
  const lines = readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n');
  expect(lines).toEqual(expect.arrayContaining(['/ringback.yaml', '/.env']));
});

it('leaves the settings of the user out of the format check', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-own-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  copyFileSync(join(ROOT, '.oxfmtrc.json'), join(folder, '.oxfmtrc.json'));
  const check = (name: string) => {
    writeFileSync(join(folder, name), 'routes:   [ {to: ["a" ]} ]\n');
    return spawnSync(process.execPath, [OXFMT, '--check'], { cwd: folder, encoding: 'utf8', timeout: 30_000 });
  };
  expect(check('ringback.yaml').stdout).not.toContain('ringback.yaml');
  expect(check('other.yaml').stdout).toContain('other.yaml');
});
