import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { promtool } from './promtool.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const compose = parse(read('docker/compose.yaml'), { merge: true });
const { prometheus, grafana, ingress, worker } = compose.services;
const [job, ...otherJobs] = parse(read('deploy/monitoring/prometheus.yml')).scrape_configs;
const SETTINGS = 'docker/ringback.monitoring.yaml';
const settings = parse(read(SETTINGS));
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-monitoring-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type Mount = { readonly source: string; readonly target: string; readonly read_only: boolean };
const mountsOf = (service: { volumes: (string | Mount)[] }) =>
  service.volumes.flatMap((volume) => (typeof volume === 'string' ? [] : [volume]));
/** Where a file of a container comes from, in the project. */
function sourceOf(service: { volumes: (string | Mount)[] }, path: string): string {
  const mount = mountsOf(service).find(({ target }) => path === target || path.startsWith(`${target}/`));
  if (mount === undefined) throw new Error(`nothing is mounted at ${path}`);
  return join(ROOT, 'docker', mount.source, path.slice(mount.target.length));
}

describe('Prometheus', () => {
  it('takes its configuration, with the rules', async () => {
    const folder = scratch();
    cpSync(join(ROOT, 'deploy/monitoring'), folder, { recursive: true });
    writeFileSync(join(folder, 'admin-token'), 'a-token-for-whoever-scrapes');
    const path = join(folder, 'prometheus.yml');
    writeFileSync(path, readFileSync(path, 'utf8').replace('/run/secrets', folder));
    const { code, said } = await promtool(['check', 'config', path]);
    expect({ code, said }).toEqual({ code: 0, said: expect.stringMatching(/1 rule files found[^]*\d+ rules found/) });
  });

  it('finds every replica of both apps at the admin ports of the settings, with their token', () => {
    expect(otherJobs).toEqual([]);
    expect(job.job_name).toBe('ringback');
    const found = job.dns_sd_configs.map(({ names, type, port }: Record<string, unknown>) => ({ names, type, port }));
    expect(found).toEqual([
      { names: ['ingress'], type: 'A', port: settings.ingress.adminPort },
      { names: ['worker'], type: 'A', port: settings.worker.adminPort },
    ]);
    for (const app of [settings.ingress, settings.worker])
      expect(app).toMatchObject({ adminHost: '0.0.0.0', adminTokenFile: job.authorization.credentials_file });
    expect(prometheus.secrets.map((name: string) => `/run/secrets/${name}`)).toEqual([job.authorization.credentials_file]);
  });

  it('reads the shipped files, and keeps what docs/slo.md looks at', () => {
    const [, path = ''] = /--config\.file=(\S+)/.exec(prometheus.command.join(' ')) ?? [];
    expect(existsSync(sourceOf(prometheus, path))).toBe(true);
    expect(existsSync(sourceOf(prometheus, join(dirname(path), 'rules.yaml')))).toBe(true);
    const [, days] = /--storage\.tsdb\.retention\.time=(\d+)d/.exec(prometheus.command.join(' ')) ?? [];
    expect(Number(days)).toBeGreaterThan(30);
  });
});

describe('the profile', () => {
  it('runs these two, of pinned versions', () => {
    const names = Object.keys(compose.services).filter((name) => compose.services[name].profiles?.includes('monitoring'));
    expect(names).toEqual(['prometheus', 'grafana']);
    for (const { image } of [prometheus, grafana]) expect(image).toMatch(/^\$\{\w+_IMAGE:-[\w/]+:v?\d+\.\d+\.\d+\}$/);
  });

  it('publishes no admin port, no Prometheus, and Grafana on loopback', () => {
    expect(ingress.ports).toEqual(['${RINGBACK_PORT:-8080}:8080']);
    expect(worker.ports).toBeUndefined();
    expect(prometheus.ports).toBeUndefined();
    expect(grafana.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:.*:3000$/)]);
  });

  it('lets Prometheus share one network with the apps, which leads nowhere else', () => {
    expect(prometheus.networks).toEqual(['monitoring']);
    expect(compose.networks.monitoring).toEqual({ internal: true });
    for (const { networks } of [ingress, worker, grafana]) expect(networks).toContain('monitoring');
    for (const name of ['redis', 'redis-1'])
      expect(Object.values(compose.services[name].networks ?? {})).not.toContain('monitoring');
  });

  it('has settings that ringback check finds fine, and that docs/alerts.md shows', () => {
    const folder = scratch();
    for (const name of ['redis-password', 'admin-token']) writeFileSync(join(folder, name), 'a-secret-of-enough-length');
    const text = read(SETTINGS).replaceAll('/run/secrets', folder).replaceAll('/var/lib/ringback', folder);
    writeFileSync(join(folder, 'ringback.yaml'), text);
    const args = [join(ROOT, 'apps/cli/src/main.ts'), 'check', '--strict', join(folder, 'ringback.yaml')];
    const env = { CALLBOT_UUID: 'an-account', CALLBOT_SECRET: 'a-secret' };
    expect(spawnSync(process.execPath, args, { encoding: 'utf8', env })).toMatchObject({ status: 0, stderr: '' });
    const [, shown = ''] = /### With compose[^]*?```yaml\n# ringback\.yaml\n([^]*?)```/.exec(read('docs/alerts.md')) ?? [];
    expect(parse(shown)).toEqual({ ingress: settings.ingress, worker: settings.worker });
  });

  it.skipIf(!hasCompose)('is what docker compose takes', () => {
    const args = ['compose', '--file', join(ROOT, 'docker/compose.yaml'), '--profile', 'single', '--profile', 'monitoring'];
    const { status, stderr } = spawnSync('docker', [...args, 'config', '--quiet'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('Grafana', () => {
  const provisioned = (kind: string) => {
    const mounts = mountsOf(grafana).filter(({ target }) => dirname(target) === `/etc/grafana/provisioning/${kind}`);
    return mounts.flatMap(({ target }) => parse(readFileSync(sourceOf(grafana, target), 'utf8')));
  };

  it('asks Prometheus, and shows our dashboard first', () => {
    expect(provisioned('datasources')).toEqual([
      {
        apiVersion: 1,
        datasources: [expect.objectContaining({ type: 'prometheus', url: 'http://prometheus:9090', isDefault: true })],
      },
    ]);
    const [{ apiVersion, providers }] = provisioned('dashboards');
    expect(apiVersion).toBe(1);
    const home = grafana.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH;
    expect(providers).toEqual([expect.objectContaining({ type: 'file', options: { path: dirname(home) } })]);
    expect(JSON.parse(readFileSync(sourceOf(grafana, home), 'utf8')).uid).toBe(basename(home, '.json'));
    expect(mountsOf(grafana).every((mount) => mount.read_only)).toBe(true);
  });

  it.each([
    ['', { status: 1, stdout: '', stderr: expect.stringContaining('secrets/grafana-password is empty') }],
    ['\n', { status: 1, stdout: '', stderr: expect.stringContaining('secrets/grafana-password is empty') }],
    ['a password\n', { status: 0, stdout: 'Grafana runs\n', stderr: '' }],
  ])('starts only with a password: %j', (password, outcome) => {
    const folder = scratch();
    mkdirSync(join(folder, 'secrets'));
    writeFileSync(join(folder, 'secrets/grafana-password'), password);
    writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\necho Grafana runs\n', { mode: 0o755 });
    const [shell, ...args] = grafana.entrypoint.map((part: string) =>
      part.replaceAll('/run/secrets', `${folder}/secrets`).replaceAll('/run.sh', `${folder}/run.sh`).replaceAll('$$', '$'),
    );
    expect(spawnSync(shell, args, { encoding: 'utf8' })).toMatchObject(outcome);
    expect(grafana.secrets.map((name: string) => `/run/secrets/${name}`)).toEqual([
      grafana.environment.GF_SECURITY_ADMIN_PASSWORD__FILE,
    ]);
  });
});
