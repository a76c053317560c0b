import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import composeSpec from 'docker-compose/schema/compose-spec.json' with { type: 'json' };
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

type Service = {
  readonly command?: string[];
  readonly profiles?: string[];
  readonly networks?: { cluster: { ipv4_address: string } };
  readonly env_file?: { path: string }[];
  readonly cap_drop: string[];
  readonly read_only: boolean;
  readonly security_opt: string[];
  readonly mem_limit: string;
  readonly volumes: (string | { source: string; target: string; read_only?: boolean })[];
};

const compose = parse(read('docker/compose.yaml'), { merge: true });
const services: Readonly<Record<string, Service>> = compose.services;
const APPS = ['ingress', 'worker'];
const NODES = [1, 2, 3, 4, 5, 6].map((number) => `redis-${number}`);
const UNITS: Readonly<Record<string, number>> = { mb: 2 ** 20, m: 2 ** 20, g: 2 ** 30 };

/** `${NAME:-512mb}` → bytes. */
function bytesOf(text: string | undefined): number {
  const [, count, unit] = /(?::-)?(\d+)(\w+)\}?$/.exec(text ?? '') ?? [];
  return Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
}

describe('compose', () => {
  it.each(Object.keys(services))('takes from %s what it does not need', (name) => {
    expect(services[name]).toMatchObject({
      cap_drop: ['ALL'],
      read_only: true,
      security_opt: ['no-new-privileges:true'],
    });
    expect(bytesOf(services[name]?.mem_limit)).toBeGreaterThan(0);
  });

  it('fits the Compose Specification', () => {
    // Its formats are those of Compose alone.
    const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
    const { $schema: _, ...schema } = composeSpec;
    const fits = ajv.compile(schema);
    fits(compose);
    expect(fits.errors).toBeNull();
    expect(fits({ ...compose, services: { redis: { image: 'redis', read_onyl: true } } })).toBe(false);
  });

  it.each(['redis', ...NODES])('bounds what %s holds, below what its container may take', (name) => {
    const command = services[name]?.command?.join(' ') ?? '';
    const maxmemory = bytesOf(/--maxmemory (\S+)/.exec(command)?.[1]);
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(command).toContain('--appendonly yes');
    expect(bytesOf(services[name]?.mem_limit)).toBeGreaterThanOrEqual(2 * maxmemory);
  });

  it.each(['redis', ...NODES])('gives %s its password by a file, and keeps its data', (name) => {
    expect(services[name]).toMatchObject({ secrets: ['redis-password'], volumes: [`${name}:/data`] });
    expect(compose.volumes).toHaveProperty(name);
    expect(services[name]?.command?.join(' ')).toMatch(/\$\$\(cat \/run\/secrets\/redis-password\)[^]*requirepass[^]*masterauth/);
  });

  it('runs one Redis, or a cluster of six nodes', () => {
    const inProfile = (profile: string) => Object.keys(services).filter((name) => services[name]?.profiles?.includes(profile));
    expect(inProfile('single')).toEqual(['redis']);
    expect(inProfile('cluster')).toEqual([...NODES, 'redis-cluster']);
    expect(read('docker/.env')).toMatch(/^COMPOSE_PROFILES=single$/m);
  });

  it('has settings for that cluster which ringback check finds fine', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringback-compose-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'redis-password'), 'a-password');
    const settings = read('docker/ringback.cluster.yaml').replaceAll('/run/secrets', folder);
    writeFileSync(join(folder, 'ringback.yaml'), settings);
    const addresses = NODES.map((name) =>
      services[name]?.networks?.cluster.ipv4_address.replace(/^\$\{\w+:-([\d.]+)\}(.*)$/, '$1$2:6379'),
    );
    expect(addresses).toEqual(expect.arrayContaining(parse(settings).redis.cluster.nodes));
    const args = [join(ROOT, 'apps/cli/src/main.ts'), 'check', '--strict', join(folder, 'ringback.yaml')];
    const env = { CALLBOT_UUID: 'an-account', CALLBOT_SECRET: 'a-secret' };
    expect(spawnSync(process.execPath, args, { encoding: 'utf8', env })).toMatchObject({ status: 0, stderr: '' });
  });

  it.each(APPS)('gives %s the settings, the variables and the secrets that they name', (name) => {
    const { volumes = [], env_file: files } = services[name] ?? {};
    const mounts = volumes.flatMap((volume) => (typeof volume === 'string' ? [] : [volume]));
    expect(mounts.map(({ target }) => target)).toEqual(['/etc/ringback/ringback.yaml', '/run/secrets']);
    expect(mounts.every((mount) => mount.read_only)).toBe(true);
    expect(files).toEqual([{ path: '${RINGBACK_ENV:-../.env}', required: false }]);
    expect(read('.gitignore')).toMatch(/^\/\.env$/m);
    expect(read('.gitignore')).toMatch(/^\/secrets\/$/m);
  });

  it('keeps the spool of the ingress on a volume that its user may write to', () => {
    expect(services['ingress']?.volumes).toContain('spool:/var/lib/ringback');
    expect(read('docker/Dockerfile')).toContain('install -d -o 1000 -g 1000 /var/lib/ringback');
  });

  it('keeps the history of settings made from the example on a volume that all workers share', () => {
    expect(services['worker']?.volumes).toContain('history:/var/lib/ringback');
    expect(read('docker/Dockerfile')).toContain('RINGBACK_HISTORY=/var/lib/ringback/history.sqlite');
    expect(parse(read('ringback.example.yaml')).history.path).toBe('${RINGBACK_HISTORY:-.ringback/history.sqlite}');
  });
});

/** Of a stage: the paths of the project that it copies, and what it runs. */
function stage(name: string) {
  const [, text = ''] = new RegExp(`^FROM \\S+ AS ${name}\n([^]*?)(?=^FROM |(?![^]))`, 'm').exec(read('docker/Dockerfile')) ?? [];
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  const copied = lines.flatMap((line) => /^COPY (?!--from)(?:--\S+ )*(.+) \S+$/.exec(line)?.[1]?.split(' ') ?? []);
  return { copied, runs: lines.flatMap((line) => /^RUN (.+)$/.exec(line)?.[1] ?? []) };
}

describe('the image of the worker', () => {
  it('has the operator’s command, and all that it needs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringback-image-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const isOurs = (path: string) => !/(?:^|\/)node_modules(?:\/|$)|\.test\.ts$/.test(path.slice(ROOT.length));
    for (const path of stage('workspace').copied)
      cpSync(join(ROOT, path), join(folder, path), { recursive: true, filter: isOurs });
    const [pnpm] = stage('workspace').runs.flatMap((run) => /pnpm@\S+/.exec(run)?.[0] ?? []);
    const [install = ''] = stage('worker-files').runs;
    const command = install.replace('pnpm install', `npx --yes ${pnpm} install --prefer-offline`);
    execFileSync('sh', ['-c', command], { cwd: folder, stdio: 'pipe', timeout: 300_000 });

    const wrapper = read('docker/ringback');
    expect(statSync(join(ROOT, 'docker/ringback')).mode & 0o111).not.toBe(0);
    expect(stage('worker').copied).toEqual(['docker/ringback']);
    expect(read('.dockerignore')).toMatch(/^!docker\/ringback$/m);
    const script = wrapper.replace(/\bnode\b/, process.execPath).replace('/app/', `${folder}/`);
    const run = (...args: string[]) =>
      execFileSync('sh', ['-c', script, 'ringback', ...args], { encoding: 'utf8', timeout: 60_000 });
    expect(run('--version').trim()).toBe(JSON.parse(read('package.json')).version);
    expect(run('check', join(ROOT, 'ringback.example.yaml'))).toContain('ringback.example.yaml');
  }, 400_000);
});
