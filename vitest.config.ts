import { configDefaults, defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/test-order.ts';

const report = process.env['RINGBACK_TEST_REPORT'];
const TESTS = '{apps,packages,scripts,tests}/**/*.test.ts';
/** These keep every core busy by themselves, or measure. */
const ALONE = ['bench', 'flood', 'sixteen-shards'].map((name) => `tests/${name}.test.ts`);

export default defineConfig({
  test: {
    globalSetup: './scripts/test-servers.ts',
    setupFiles: ['./scripts/test-leaks.ts'],
    pool: 'forks',
    // Files share a process, and so what it has loaded: half the CPU of a small file.
    isolate: false,
    // Only against a hang: no test may fail because the machine is busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    retry: 0,
    sequence: { sequencer: LongestFirst },
    projects: [
      // Most tests wait for processes and servers: two files at once take little more time than one.
      {
        extends: true,
        test: {
          name: 'two at once',
          include: [TESTS],
          exclude: [...configDefaults.exclude, ...ALONE],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      // These have their process to themselves as well.
      { extends: true, test: { name: 'alone', include: ALONE, isolate: true, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
    // A file for machines, where one is asked for.
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
