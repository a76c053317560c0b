import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** Entries of the package, by the name of their file in `dist`. */
const ENTRIES = {
  ringback: 'scripts/pack/bin.ts',
  'follow-parent': 'scripts/follow-parent.mjs',
  'history-thread': 'apps/worker/src/history/thread.ts',
};

const OURS = /^(?:[./]|@ringback\/)/;

/** The package that a specifier belongs to: `@scope/name/part` → `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * Bundles our own code, types stripped, into `to`. The packages of others stay imports.
 * @returns the names of these, sorted
 */
export async function bundle({ root, to }: { root: string; to: string }): Promise<string[]> {
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(root, path)])),
    platform: 'node',
    external: (specifier) => !OURS.test(specifier) && !specifier.startsWith(root),
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  try {
    const { output } = await build.write({
      dir: to,
      format: 'esm',
      banner: ({ name }) => (name === 'ringback' ? '#!/usr/bin/env node' : ''),
      chunkFileNames: '[name]-[hash].js',
    });
    const files = new Set(output.map(({ fileName }) => fileName));
    const imports = output.flatMap((part) => (part.type === 'chunk' ? [...part.imports, ...part.dynamicImports] : []));
    const others = imports.filter((specifier) => !files.has(specifier) && !specifier.startsWith('node:'));
    return [...new Set(others.map(packageOf))].filter((name) => !builtinModules.includes(name)).toSorted();
  } finally {
    await build.close();
  }
}
