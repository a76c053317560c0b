// `npm run release -- <step>`: the steps of .github/workflows/release.yml. docs/releasing.md says which of them upload.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '@ringback/observability';
import { Argument, Command } from 'commander';
import { pack } from './pack/pack.ts';
import { notesOf, problemsOf } from './release/check-release.ts';
import { imageCommands } from './release/images.ts';
import { sbomOf } from './release/sbom.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const program = new Command('release').description('the steps of a release').showHelpAfterError();

program
  .command('check')
  .description('whether this checkout may be released under this tag')
  .addArgument(new Argument('<tag>', 'such as v1.2.3'))
  .action((tag: string) => {
    const problems = problemsOf({ root, tag });
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) process.exitCode = 1;
  });

program
  .command('notes')
  .description('what CHANGELOG.md says of this version')
  .action(() => console.log(notesOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), VERSION) ?? ''));

program
  .command('sbom')
  .description('pack, and write the list of what an installation holds (CycloneDX)')
  .action(async () => {
    const { tarball } = await pack({ root, to: dist });
    const path = join(dist, `ringback-${VERSION}.cdx.json`);
    writeFileSync(path, await sbomOf(tarball));
    console.log(relative(root, path));
  });

program
  .command('images')
  .description('build both images for amd64 and arm64')
  .requiredOption('--registry <name>', 'such as ghcr.io/example')
  .option('--push', 'upload them', false)
  .option('--print', 'only print the commands', false)
  .action(({ registry, push, print }: { registry: string; push: boolean; print: boolean }) => {
    for (const [command = '', ...args] of imageCommands({ registry, push })) {
      console.log([command, ...args].join(' '));
      if (print) continue;
      const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
      if (status !== 0) throw new Error(`${command} failed`);
    }
  });

await program.parseAsync();
