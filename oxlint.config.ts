import { defineConfig } from 'oxlint';
import { walls } from './scripts/walls.ts';

export default defineConfig({
  plugins: ['typescript', 'import', 'node', 'promise', 'unicorn', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { typeAware: true, reportUnusedDisableDirectives: 'error' },
  rules: {
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/consistent-type-imports': 'error',
    'eslint/max-lines': ['error', { max: 200 }],
    'eslint/max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
    'import/no-cycle': ['error', { ignoreTypes: false }],
  },
  overrides: [
    {
      files: ['**/*.test.ts'],
      rules: {
        'eslint/max-lines-per-function': 'off',
        'typescript/no-unsafe-type-assertion': 'off',
        'vitest/require-mock-type-parameters': 'off',
        'unicorn/consistent-function-scoping': 'off',
      },
    },
    ...walls,
  ],
});
