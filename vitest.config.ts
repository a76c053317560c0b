import { defineConfig } from 'vitest/config';

const report = process.env['RINGBACK_TEST_REPORT'];

export default defineConfig({
  test: {
    include: ['{apps,packages,scripts,tests}/**/*.test.ts'],
    globalSetup: './scripts/test-redis.ts',
    setupFiles: ['./scripts/test-leaks.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    retry: 0,
    // A file for machines, where one is asked for.
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
