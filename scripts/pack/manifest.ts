import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '@ringback/observability';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';

/** The oldest Node that everything runs on: undici asks for it. */
const NODE = '>=22.19.0';

const Versions = Type.Record(Type.String(), Type.String());
const Manifest = Type.Object({ dependencies: Type.Optional(Versions) });
const Workspace = Type.Object({ catalog: Versions });

/** The exact versions that the workspace uses of these packages. @throws Error for one that no package.json names */
function versionsOf(root: string, names: readonly string[]): Record<string, string> {
  const text = (path: string) => readFileSync(join(root, path), 'utf8');
  const { catalog } = Value.Parse(Workspace, parse(text('pnpm-workspace.yaml')));
  const manifests = globSync('{apps,packages}/*/package.json', { cwd: root });
  const wanted = new Map(
    manifests.flatMap((path) => Object.entries(Value.Parse(Manifest, JSON.parse(text(path))).dependencies ?? {})),
  );
  return Object.fromEntries(
    names.map((name) => {
      const named = wanted.get(name);
      const version = named === 'catalog:' ? catalog[name] : named;
      if (version === undefined) throw new Error(`no package.json of apps and packages names ${name}`);
      return [name, version];
    }),
  );
}

/** The package.json of the published package. The owner adds `repository`: see docs/releasing.md. */
export function packageManifest({ root, dependencies }: { root: string; dependencies: readonly string[] }): object {
  return {
    name: 'ringback',
    version: VERSION,
    description: 'Receives signed callbacks, acknowledges them once they are safely queued, and delivers them.',
    keywords: ['webhook', 'callback', 'queue', 'redis', 'bullmq', 'delivery', 'retry', 'nxcloud', 'callbot'],
    license: 'Apache-2.0',
    type: 'module',
    bin: { ringback: 'dist/ringback.js' },
    exports: { './package.json': './package.json', './ringback.schema.json': './ringback.schema.json' },
    files: ['dist', 'CHANGELOG.md', 'ringback.example.yaml', 'ringback.schema.json'],
    engines: { node: NODE },
    dependencies: versionsOf(root, dependencies),
  };
}
