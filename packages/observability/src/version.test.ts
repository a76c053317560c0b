import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VERSION } from './version.ts';

it.each(['apps/ingress', 'apps/worker', 'apps/cli', 'packages/queue'])('the version is that of %s as well', (folder) => {
  const file = new URL(`../../../${folder}/package.json`, import.meta.url);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: VERSION });
});
