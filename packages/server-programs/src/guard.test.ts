import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';

it('acts when its process is killed, unless called off', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-guard-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = `import { guard } from ${JSON.stringify(new URL('guard.ts', import.meta.url).href)};
    guard('touch "$1"', ['called-off'].map((name) => ${JSON.stringify(folder)} + '/' + name))();
    guard('touch "$1"', ['acted'].map((name) => ${JSON.stringify(folder)} + '/' + name));
    console.log('guarded'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  expect(existsSync(join(folder, 'acted'))).toBe(false);
  child.kill('SIGKILL');
  await vi.waitFor(() => expect(existsSync(join(folder, 'acted'))).toBe(true), { timeout: 10_000, interval: 20 });
  expect(existsSync(join(folder, 'called-off'))).toBe(false);
});
