// node count-tests.mjs <vitest's JSON reports>: prints each failed test with its file and the first lines of its error, and then, as the last line,
// `Tests: N passed, M failed` over all of them. What could not run at all (a test file that does not load, a run without a report) counts as one
// failure: it MUST NOT vanish from the sum.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const SHOWN_LINES = 6;
const LONGEST_LINE = 200;

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The first lines of an error, without colours and empty lines. */
function firstLines(text) {
  const lines = stripVTControlCharacters(text)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.slice(0, SHOWN_LINES).map((line) => `    ${line.slice(0, LONGEST_LINE)}`);
}

/** Of a file that could not be loaded or closed there is no failed test, and of a failed test its name and errors. */
function failuresOf({ name, status, message = '', assertionResults }) {
  const file = relative(process.cwd(), name);
  const tests = assertionResults.filter((test) => test.status === 'failed');
  if (tests.length === 0 && status === 'failed') return [{ title: `${file} could not run`, text: message }];
  return tests.map(({ fullName, failureMessages }) => ({ title: `${file} > ${fullName}`, text: failureMessages.join('\n') }));
}

let passed = 0;
let failed = 0;
for (const path of process.argv.slice(2)) {
  const report = read(path);
  passed += report?.numPassedTests ?? 0;
  const failures = report?.testResults?.flatMap(failuresOf) ?? [{ title: `${path}: no report`, text: '' }];
  failed += Math.max(failures.length, report?.numFailedTests ?? 0);
  for (const { title, text } of failures) console.log([`FAILED: ${title}`, ...firstLines(text)].join('\n'));
}
console.log(`Tests: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
