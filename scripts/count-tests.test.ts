import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

async function count(...reports: unknown[]): Promise<{ code: unknown; lines: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-reports-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const paths = reports.map((_, index) => join(folder, `${index}.json`));
  for (const [index, path] of paths.entries())
    if (reports[index] !== undefined) await writeFile(path, JSON.stringify(reports[index]));
  return new Promise((resolve) => {
    execFile(process.execPath, ['.ci/count-tests.mjs', ...paths], { cwd: ROOT }, (error, out) => {
      resolve({
        code: error ? error.code : 0,
        lines: out
          .trimEnd()
          .split('\n')
          .map((line) => line.replace(folder, 'FOLDER')),
      });
    });
  });
}

const file = (name: string, status: string, assertionResults: object[], message = '') => ({
  name: join(ROOT, name),
  status,
  message,
  assertionResults,
});

it('names each failed test with its file and the first lines of its error, and counts last', async () => {
  const failed = {
    status: 'failed',
    fullName: 'a queue keeps it',
    failureMessages: ['\u001B[31mError: lost\u001B[39m\n\n    at here'],
  };
  const passed = { status: 'passed', fullName: 'fine', failureMessages: [] };
  const report = {
    numPassedTests: 1,
    numFailedTests: 1,
    testResults: [file('a.test.ts', 'failed', [failed, passed]), file('b.test.ts', 'failed', [], 'SyntaxError: no')],
  };
  expect(await count(report, undefined)).toEqual({
    code: 1,
    lines: [
      'FAILED: a.test.ts > a queue keeps it',
      '    Error: lost',
      '        at here',
      'FAILED: b.test.ts could not run',
      '    SyntaxError: no',
      'FAILED: FOLDER/1.json: no report',
      'Tests: 1 passed, 3 failed',
    ],
  });
});

it('says nothing but the count where nothing failed', async () => {
  const report = { numPassedTests: 2, numFailedTests: 0, testResults: [file('a.test.ts', 'passed', [])] };
  expect(await count(report, report)).toEqual({ code: 0, lines: ['Tests: 4 passed, 0 failed'] });
});
