import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_IMPORTS } from './walls.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const WRONG: Readonly<Record<string, string>> = {
  'packages/contracts/src/package-of-ours.ts': `export { x } from '@ringback/config';`,
  'packages/routing/src/type-of-a-package.ts': `export type { X } from '@ringback/queue';`,
  'packages/ledger/src/beside-its-row.ts': `export { x } from '@ringback/queue';`,
  'packages/ledger/src/inside-of-another.ts': `export { x } from '../../queue/src/index.ts';`,
  'packages/brand-new/src/not-in-the-table.ts': `export { x } from '@ringback/queue';`,
  'packages/config/src/app.ts': `export { x } from '../../../apps/worker/src/output/attempt.ts';`,
  'packages/ledger/src/bullmq.ts': `export { Queue } from 'bullmq';`,
  'packages/queue/src/bullmq/upwards.ts': `export { x } from '../kept/kept.ts';`,
  'packages/queue/src/deliveries/kept.ts': `export { x } from '../kept/kept.ts';`,
  'packages/queue/src/deliveries/bodies/kept.ts': `export type { X } from '../../kept/kept.ts';`,
  'packages/queue/src/callbacks/kept.ts': `export { x } from '../kept/kept.ts';`,
  'packages/queue/src/kept/callbacks.ts': `export { x } from '../callbacks/producer.ts';`,
  'packages/queue/src/deliveries/kept.test.ts': `export { x } from '../kept/kept.ts';`,
  'packages/queue/src/kept/bullmq-value.ts': `export { Queue } from 'bullmq';`,
  'packages/pacing/src/redis.ts': `export { x } from '@ringback/redis';`,
  'packages/sources/src/kit.ts': `export { x } from '@ringback/testkit';`,
  'packages/testkit/src/scripts.ts': `export { x } from '../../../scripts/lock.mjs';`,
  'packages/outputs/src/slack/undici.ts': `export { Agent } from 'undici';`,
  'packages/outputs/src/slack/fetch.ts': `export const x = () => fetch('http://127.0.0.1');`,
  'packages/outputs/src/slack/request.ts': `export { request } from 'node:http';`,
  'packages/config/src/environment.ts': `export const x = process.env['HOME'];`,
  'packages/config/src/imported-environment.ts': `export { env } from 'node:process';`,
  'packages/config/src/foreign.test.ts': `export { x } from '@ringback/queue';`,
  'packages/config/src/circle.ts': `export * from './circle-back.ts';\nexport type X = 1;`,
  'apps/worker/src/environment.ts': `export const x = process.env['HOME'];`,
  'apps/worker/src/other-app.ts': `export { x } from '../../ingress/src/app.ts';`,
  'apps/worker/src/kit.ts': `export { x } from '@ringback/testkit';`,
  'apps/worker/src/bullmq.ts': `export type { Job } from 'bullmq';`,
  'apps/cli/src/fetch.ts': `export const x = () => fetch('http://127.0.0.1');`,
  'chaos/bullmq.ts': `export { Queue } from 'bullmq';`,
};

const RIGHT: Readonly<Record<string, string>> = {
  'packages/ledger/src/in-its-row.ts': `export { x } from '@ringback/redis';`,
  'packages/queue/src/bullmq/value.ts': `export { Queue } from 'bullmq';`,
  'packages/queue/src/kept/deliveries.ts': `export { x } from '../deliveries/settle.ts';`,
  'packages/queue/src/kept/deliveries.test.ts': `export { x } from '../deliveries/settle.ts';\nexport { Queue } from 'bullmq';`,
  'packages/queue/src/kept/type.ts': `export type { Queue } from 'bullmq';`,
  'packages/outputs/src/http.ts': `export { Agent } from 'undici';`,
  'packages/sources/src/with-test-kit.test.ts': `export { x } from '@ringback/testkit';`,
  'packages/config/src/circle-back.ts': `import type { X } from './circle.ts';\nexport const y: X = 1;`,
  'apps/worker/src/main.ts': `export const x = process.env['HOME'];`,
  'apps/worker/src/package.ts': `export { x } from '@ringback/queue';`,
  'bench/contestants/plain.ts': `export { Queue } from 'bullmq';`,
};
/** One that shows up with its other half. */
const HALF_OF_A_CIRCLE = 'packages/config/src/circle-back.ts';

function lint(files: Readonly<Record<string, string>>): ReadonlySet<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-walls-'));
  try {
    // The globs of a configuration are relative to its file: this one is ours, without the rules that need
    // types.
    const ours = JSON.stringify(join(ROOT, 'oxlint.config.ts'));
    writeFileSync(join(folder, 'oxlint.config.ts'), `import ours from ${ours};\nexport default { ...ours, options: {} };\n`);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${text}\n`);
    }
    const args = [join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--format', 'json'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 });
    return refused(stdout, stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const WALL = /no-restricted-(imports|globals|properties)|no-cycle/;

function refused(stdout: string, stderr: string): ReadonlySet<string> {
  const { diagnostics } = JSON.parse(stdout || `"${stderr}"`) as { diagnostics: { code: string; filename: string }[] };
  return new Set(diagnostics.filter(({ code }) => WALL.test(code)).map(({ filename }) => filename));
}

describe('the walls between folders', () => {
  let found: ReadonlySet<string>;
  beforeAll(() => {
    found = lint({ ...WRONG, ...RIGHT });
  });

  it.each(Object.keys(WRONG))('refuse %s', (path) => {
    expect(found).toContain(path);
  });

  it.each(Object.keys(RIGHT).filter((path) => path !== HALF_OF_A_CIRCLE))('let %s pass', (path) => {
    expect(found).not.toContain(path);
  });
});

it('are those of the folder table in docs/architecture.md', () => {
  const rows = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8').matchAll(/^\| `packages\/([\w-]+)` \|.*\| ([^|]*) \|$/gm);
  const imports = (text: string) => (text === 'nothing of ours' ? [] : text.replaceAll(/ \([^)]*\)/g, '').split(', '));
  const table = Object.fromEntries(Array.from(rows, ([, name = '', text = '']) => [name, imports(text)]));
  expect(table).toEqual(PACKAGE_IMPORTS);
});
