import { globSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

type Manifest = Partial<Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string>>>;

const manifests = ['package.json', ...globSync('{apps,packages}/*/package.json', { cwd: ROOT })].map(
  (path) => [path, JSON.parse(read(path)) as Manifest] as const,
);
const { catalog } = parse(read('pnpm-workspace.yaml')) as { catalog: Record<string, string> };

function dependenciesOf(...[, manifest]: (typeof manifests)[number]): [name: string, version: string][] {
  const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = manifest;
  return [dependencies, devDependencies, optionalDependencies]
    .flatMap(Object.entries)
    .filter(([name]) => !name.startsWith('@ringback/'));
}

const used = new Map(
  manifests.flatMap((manifest) => dependenciesOf(...manifest).map(([name, version]) => [name, version] as const)),
);

describe('docs/dependencies.md', () => {
  const rows = [...read('docs/dependencies.md').matchAll(/^\| (`[^|]*) \|/gm)].map(([, names = '']) => names);
  const named = rows.flatMap((names) => [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));

  it('names every dependency of a package.json, and no other', () => {
    const ours = new Set(named.filter((name) => !name.startsWith('node:')));
    expect([...ours].toSorted()).toEqual([...used.keys()].toSorted());
  });

  it('belongs to exact versions, and to a catalog in which everything is used', () => {
    const loose = [...used].filter(([, version]) => version !== 'catalog:' && !/^\d+\.\d+\.\d+$/.test(version));
    expect(loose).toEqual([]);
    const fromCatalog = [...used].filter(([, version]) => version === 'catalog:').map(([name]) => name);
    expect(Object.keys(catalog).toSorted()).toEqual(fromCatalog.toSorted());
  });

  it('belongs to packages that take what several of them use from the catalog', () => {
    const versions = manifests.flatMap((manifest) => dependenciesOf(...manifest));
    const own = versions.filter(
      ([name, version]) => version !== 'catalog:' && versions.filter(([other]) => other === name).length > 1,
    );
    expect(own).toEqual([]);
  });
});

describe('paths in the docs', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: ROOT })];
  const FOLDERS = 'apps|packages|scripts|tests|chaos|bench|docs|docker|deploy';
  /** The names that the guides make up. */
  const EXAMPLE = /\/(acme|pager)(\/|$)/;
  const PATH = new RegExp(`\`((?:${FOLDERS})/[\\w./-]+)\``, 'g');

  it.each(pages)('of %s exist', (page) => {
    const text = read(page);
    const links = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) =>
      normalize(join(dirname(page), link)),
    );
    const paths = [...text.matchAll(PATH)].map(([, path = '']) => path);
    const isMissing = (path: string) => !EXAMPLE.test(path) && !existsSync(join(ROOT, path));
    expect([...links, ...paths].filter(isMissing)).toEqual([]);
  });
});
