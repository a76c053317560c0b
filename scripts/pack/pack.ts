import { execFile } from 'node:child_process';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { bundle } from './bundle.ts';
import { packageManifest } from './manifest.ts';

const run = promisify(execFile);
const PACKS_WITHIN_MS = 60_000;

/** What lies in the package as it lies in the checkout. */
const COPIED = {
  LICENSE: 'LICENSE',
  'CHANGELOG.md': 'CHANGELOG.md',
  'ringback.example.yaml': 'ringback.example.yaml',
  'ringback.schema.json': 'ringback.schema.json',
  'scripts/pack/README.md': 'README.md',
};

const Packed = Type.Object({
  filename: Type.String(),
  /** Bytes of the tarball. */
  size: Type.Integer(),
  unpackedSize: Type.Integer(),
  files: Type.Array(Type.Object({ path: Type.String(), size: Type.Integer() })),
});
/** npm 12 prints packages by name, earlier ones as a list. */
const Printed = Type.Union([Type.Array(Packed), Type.Record(Type.String(), Packed)]);

/** Makes the package in the folder `ringback` of `to`, and its tarball in `to`. */
export async function pack({ root, to }: { root: string; to: string }): Promise<Static<typeof Packed> & { tarball: string }> {
  const folder = join(to, 'ringback');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const dependencies = await bundle({ root, to: join(folder, 'dist') });
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(packageManifest({ root, dependencies }), null, 2)}\n`);
  for (const [from, name] of Object.entries(COPIED)) await copyFile(join(root, from), join(folder, name));
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', to];
  const { stdout } = await run('npm', args, { cwd: folder, timeout: PACKS_WITHIN_MS });
  const [packed] = Object.values(Value.Parse(Printed, JSON.parse(stdout)));
  if (packed === undefined) throw new Error('npm pack made no package');
  return { ...packed, tarball: join(to, packed.filename) };
}
