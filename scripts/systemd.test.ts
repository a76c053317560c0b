import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const units = globSync('deploy/systemd/*.service', { cwd: ROOT });
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

/** `key=value` lines; a key may come more than once. */
function linesOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

it('has a unit for the ingress, and one for any number of workers', () => {
  expect(units.map((path) => basename(path)).toSorted()).toEqual(['ringback-ingress.service', 'ringback-worker@.service']);
});

describe.each(units)('%s', (path) => {
  it('runs what the package holds, without rights that it does not need', () => {
    expect(linesOf(path)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^ExecStart=\/usr\/bin\/node .*\/node_modules\/ringback\/dist\/ringback\.js (ingress|worker)$/),
        'DynamicUser=yes',
        'NoNewPrivileges=yes',
        'CapabilityBoundingSet=',
        'ProtectSystem=strict',
      ]),
    );
  });

  it.runIf(hasSystemd)('is what systemd takes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringback-systemd-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, basename(path).replace('@.', '@1.'));
    // The program must exist where this runs.
    writeFileSync(file, readFileSync(join(ROOT, path), 'utf8').replace('/usr/bin/node', process.execPath));
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const exposure = execFileSync('systemd-analyze', ['security', '--offline=true', file], { encoding: 'utf8' });
    expect(exposure).toMatch(/Overall exposure level for \S+: [01]\.\d OK/);
  });
});
