import { defineConfig } from 'vitest/config';

const ci = process.env['CI'] !== undefined;

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
    reporters: ci
      ? ['default', ['json', { outputFile: process.env['RINGBACK_TEST_REPORT'] ?? '.ringback/tests.json' }]]
      : ['default'],
  },
});
