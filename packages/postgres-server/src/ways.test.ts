import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, it, onTestFinished } from 'vitest';
import { onlyPrograms, tempFolder } from '@ringback/server-programs/test-programs';
import { postgresFromDebian } from './debian.ts';
import { postgresInDocker } from './docker.ts';
import { postgresInstalled } from './on-path.ts';
import { preparePostgres } from './prepare.ts';
import { startPostgres } from './server.ts';
import { serverUser } from './user.ts';

const never = new AbortController().signal;
const VERSION = 'echo "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"';
const nowhere = { user: undefined, debian: '/nowhere' };

it('takes postgres on PATH with the initdb beside it', async () => {
  const folder = onlyPrograms({ postgres: VERSION, initdb: VERSION });
  expect(await postgresInstalled(never, nowhere)).toMatchObject({
    spec: { way: 'on PATH', postgres: [join(folder, 'postgres')], initdb: [join(folder, 'initdb')] },
  });
});

it.each([
  ['no initdb', { postgres: VERSION }, /postgres or initdb cannot be run/],
  ['an old one', { postgres: 'echo "postgres (PostgreSQL) 13.9"', initdb: VERSION }, /older than 14/],
  ['none', {}, /no postgres on PATH, none in \/nowhere/],
])('takes %s for none', async (_, programs, reason) => {
  onlyPrograms(programs);
  expect(await postgresInstalled(never, nowhere)).toEqual({ unavailable: expect.stringMatching(reason) });
});

it('takes the newest where Debian puts it, since that is not on PATH', async () => {
  onlyPrograms({});
  const debian = tempFolder();
  for (const version of ['9.6', '14', '15']) {
    const bin = join(debian, version, 'bin');
    mkdirSync(bin, { recursive: true });
    for (const name of ['postgres', 'initdb']) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho "postgres (PostgreSQL) ${version}.1"\n`);
      chmodSync(join(bin, name), 0o755);
    }
  }
  expect(await postgresInstalled(never, { user: undefined, debian })).toMatchObject({
    spec: { label: expect.stringContaining('15.1'), postgres: [join(debian, '15/bin/postgres')] },
  });
});

it("takes Debian's packages without what is of no use, and finds the programs in them", async () => {
  const lines = ['postgresql', 'postgresql-15', 'libpq5', 'libllvm14', 'perl', 'postgresql-common']
    .map((name) => `echo "'http://x/${name}.deb' ${name}_1_amd64.deb 1 S"`)
    .join('; ');
  const bin = '"$3/usr/lib/postgresql/15/bin"';
  const path = onlyPrograms({
    'apt-get': `case "$*" in *--print-uris*) ${lines} ;; *download*) echo "$*" > "\${0%/*}/asked"; touch p.deb ;; esac`,
    'dpkg-deb': `mkdir -p ${bin}; for name in postgres initdb; do printf '#!/bin/sh\\n${VERSION}\\n' > ${bin}/$name; chmod +x ${bin}/$name; done`,
  });
  const cache = join(tempFolder(), 'cache');
  const osRelease = join(path, 'os-release');
  writeFileSync(osRelease, 'ID=debian\nVERSION_ID="12"\n');
  const tree = join(cache, `postgresql-debian-12-${process.arch}`);
  expect(await postgresFromDebian({ cache, osRelease, signal: never, user: undefined })).toMatchObject({
    spec: { way: 'Debian packages', tree, postgres: [join(tree, 'usr/lib/postgresql/15/bin/postgres')] },
  });
  expect(readFileSync(join(path, 'asked'), 'utf8')).toMatch(/download postgresql postgresql-15 libpq5\n$/);
});

it('runs a container that is published on loopback only', async () => {
  onlyPrograms({ docker: 'exit 0' });
  expect(await postgresInDocker(never, { uid: 7, gid: 8 })).toMatchObject({
    spec: { way: 'Docker', postgres: expect.arrayContaining(['--user', '7:8', '127.0.0.1:{port}:{port}']) },
  });
});

it('runs as another user in place of root', async () => {
  const passwd = join(tempFolder(), 'passwd');
  writeFileSync(passwd, 'root:x:0:0:::\nnobody:x:65534:65533:nobody:/:/bin/false\n');
  expect(await serverUser(passwd, { uid: 0 })).toEqual({ uid: 65534, gid: 65533 });
  expect(await serverUser(passwd, { uid: 1000 })).toBeUndefined();
  writeFileSync(passwd, 'root:x:0:0:::\n');
  await expect(serverUser(passwd, { uid: 0 })).rejects.toThrow(/refuses to run as root/);
});

it('tells in its own words why it does not come up', async () => {
  const dir = join(mkdtempSync(join(tmpdir(), 'ringback-postgres-')), 'data');
  chmodSync(join(dir, '..'), 0o711);
  onTestFinished(() => rmSync(join(dir, '..'), { recursive: true }));
  const start = startPostgres({ prepared: inject('postgres'), dir, settings: ['no_such_setting=1'] });
  await expect(start).rejects.toThrow(/no_such_setting/);
});

it('runs from a folder that its user cannot reach', async () => {
  const { spec } = inject('postgres');
  const secret = tempFolder();
  chmodSync(secret, 0o700);
  const tree = join(secret, 'tree');
  mkdirSync(join(tree, 'bin'), { recursive: true });
  const programs = { initdb: spec.initdb[0] ?? '', postgres: spec.postgres[0] ?? '' };
  for (const [name, program] of Object.entries(programs)) {
    writeFileSync(join(tree, 'bin', name), `#!/bin/sh\nexec '${program}' "$@"\n`);
    chmodSync(join(tree, 'bin', name), 0o755);
  }
  const folder = mkdtempSync(join(tmpdir(), 'ringback-postgres-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const paths = { initdb: [join(tree, 'bin/initdb')], postgres: [join(tree, 'bin/postgres')] };
  const prepared = await preparePostgres({ ...spec, ...paths, tree }, folder);
  const server = await startPostgres({ prepared, dir: join(folder, 'data'), settings: [] });
  onTestFinished(() => server.stop());
  expect(existsSync(join(folder, 'data', 'postmaster.pid'))).toBe(true);
  expect(readdirSync(folder).includes('programs')).toBe(spec.user !== undefined);
});
