import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '@ringback/observability';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { notesOf, problemsOf } from './release/check-release.ts';
import { BUILD_ARGS, imageCommands } from './release/images.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

function checkoutWith(changelog: string): string {
  const root = mkdtempSync(join(tmpdir(), 'ringback-release-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'CHANGELOG.md'), changelog);
  return root;
}

describe('a release', () => {
  it('needs the tag of its version, and notes', () => {
    const root = checkoutWith(`# Changelog\n\n## ${VERSION} - 2026-01-31\n\n- new\n\n## 0.0.1\n\n- old\n`);
    expect(problemsOf({ root, tag: `v${VERSION}` })).toEqual([]);
    expect(problemsOf({ root, tag: 'v9.9.9' })).toEqual([expect.stringContaining(`must be v${VERSION}`)]);
    const unreleased = checkoutWith('# Changelog\n\n## Unreleased\n\n- new\n');
    expect(problemsOf({ root: unreleased, tag: `v${VERSION}` })).toEqual([expect.stringContaining(`## ${VERSION}`)]);
  });

  it('has the notes of its version only', () => {
    const changelog = '# Changelog\n\n## [1.1.0] - 2026-02-01\n\n- second\n\n## 1.0.0\n\n- first\n';
    expect([notesOf(changelog, '1.1.0'), notesOf(changelog, '1.0.0'), notesOf(changelog, '1.1')]).toEqual([
      '- second',
      '- first',
      undefined,
    ]);
  });

  it('builds both images for both processors, and uploads them only if told to', () => {
    const commands = (push: boolean) => imageCommands({ registry: 'ghcr.io/x', push }).map((words) => words.join(' '));
    expect(commands(false)).toEqual([
      expect.stringContaining('--platform linux/amd64,linux/arm64 --sbom=true --provenance=mode=max --target=ingress'),
      expect.stringContaining(`--tag ghcr.io/x/ringback-worker:${VERSION}`),
    ]);
    expect(commands(false).join(' ')).not.toContain('--push');
    for (const command of commands(true)) expect(command).toContain('--push');
    for (const target of ['ingress', 'worker'])
      expect(read('docker/Dockerfile')).toMatch(new RegExp(`^FROM \\S+ AS ${target}$`, 'm'));
    for (const argument of BUILD_ARGS)
      expect(read('docker/Dockerfile')).toMatch(new RegExp(`^ARG ${argument.replace(/=.*/, '')}=`, 'm'));
    expect(read('docker/Dockerfile')).toContain(`ARG VERSION=${VERSION}\n`);
  });
});

type Step = { readonly name?: string; readonly run?: string; readonly uses?: string };
type Job = { readonly permissions?: object; readonly needs?: string; readonly steps: readonly Step[] };

describe('the release workflow', () => {
  const workflow = parse(read('.github/workflows/release.yml')) as {
    on: unknown;
    permissions: object;
    jobs: Record<string, Job>;
  };
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

  it('runs on a tag, with no rights but those that a job names', () => {
    expect(workflow).toMatchObject({ on: { push: { tags: ['v*'] } }, permissions: {} });
    for (const job of Object.values(workflow.jobs)) expect(job.permissions).toBeDefined();
  });

  it('publishes nothing before the tests are green', () => {
    for (const [name, { needs }] of Object.entries(workflow.jobs)) expect(needs).toBe(name === 'test' ? undefined : 'test');
  });

  it('consists of scripts that run elsewhere, but for the uploads', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const uploads = steps.filter(({ name }) => name !== undefined).map(({ name }) => name);
    expect(uploads).toEqual(['publish the package', 'make the release', 'build and upload the images']);
    for (const run of runs) {
      const [, script] = /^npm run (?:--silent )?([\w-]+)/.exec(run) ?? [];
      const [, file] = /^bash (\S+)/.exec(run) ?? [];
      const known = script === undefined ? file !== undefined && existsSync(join(ROOT, file)) : Object.hasOwn(scripts, script);
      expect({ run, known: known || /^(npm publish|gh release)/.test(run) }).toEqual({ run, known: true });
    }
  });
});
