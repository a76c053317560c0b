import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { VERSION } from '@ringback/observability';

const run = promisify(execFile);
const INSTALLATION = 'ringback-installation';
const WITHIN_MS = 240_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** What an installation of this tarball holds today, as npm resolves it: CycloneDX, JSON. */
export async function sbomOf(tarball: string): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'ringback-sbom-'));
  // npm takes the name of what it describes from the folder.
  const folder = join(made, INSTALLATION);
  try {
    await mkdir(folder);
    const manifest = { name: INSTALLATION, version: VERSION, private: true, dependencies: { ringback: `file:${tarball}` } };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    const options = { cwd: folder, timeout: WITHIN_MS, maxBuffer: MAX_OUTPUT };
    await run('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], options);
    const { stdout } = await run('npm', ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'], options);
    return stdout.replaceAll(`file:${tarball}`, basename(tarball));
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}
