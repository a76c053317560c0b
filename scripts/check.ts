import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

/** All steps run, whatever fails. */
const CHECKS = [
  { name: 'types', command: 'tsc', args: ['-p', '.'] },
  { name: 'lint', command: 'oxlint', args: [] },
  { name: 'format', command: 'oxfmt', args: ['--check'] },
  { name: 'unused code', command: 'knip', args: [] },
];

const FIXES = [
  { name: 'lint', command: 'oxlint', args: ['--fix'] },
  { name: 'format', command: 'oxfmt', args: [] },
];

type Step = { readonly name: string; readonly command: string; readonly args: readonly string[] };

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function run(step: Step): Promise<number> {
  // The tools' scripts look for `node` on PATH: it MUST be this one.
  const path = [fileURLToPath(new URL('../node_modules/.bin', import.meta.url)), process.execPath.replace(/[^/\\]+$/, '')];
  const env = { ...process.env, PATH: [...path, process.env['PATH'] ?? ''].join(delimiter) };
  return new Promise((resolve) => {
    const child = spawn(step.command, step.args, { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

const results: string[] = [];
for (const step of process.argv.includes('--fix') ? FIXES : CHECKS) {
  console.log(`\n--- ${step.name}`);
  const code = await run(step);
  results.push(`${code === 0 ? 'ok    ' : 'FAILED'}  ${step.name}`);
  if (code !== 0) process.exitCode = 1;
}
console.log(`\n${results.join('\n')}`);
