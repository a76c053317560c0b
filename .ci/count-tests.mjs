// node count-tests.mjs <vitest's JSON reports>: prints `Tests: N passed, M failed` over all of them. What could not run at all (a test file that
// does not load, a run without a report) counts as one failure: it MUST NOT vanish from the sum.
import { readFileSync } from 'node:fs';

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

let passed = 0;
let failed = 0;
for (const report of process.argv.slice(2).map(read)) {
  passed += report?.numPassedTests ?? 0;
  failed += report?.numFailedTests ?? 1;
  for (const file of report?.testResults ?? []) {
    if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')) failed += 1;
  }
}
console.log(`Tests: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
