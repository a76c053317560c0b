import { readFileSync } from 'node:fs';
import { describeSourceConformance } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { acme } from './test-acme.ts';

describeSourceConformance({
  type: acme,
  settings: { secret: 'a-long-secret' },
  secrets: ['a-long-secret'],
  headers: { 'x-acme-sign': 'sign', 'x-acme-id': 'id' },
  keyIs: 'id',
});

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

it('is what docs/adding-a-source.md shows', () => {
  const page = read('../../../../docs/adding-a-source.md');
  expect(page).toContain(`\`\`\`ts\n${read('test-acme.ts')}\`\`\``);
  const [, conformance] = /\n(describeSourceConformance\([\s\S]*?\n\}\);\n)/.exec(read('acme.test.ts')) ?? [];
  expect(page).toContain(`\`\`\`ts\n${conformance}\`\`\``);
});
