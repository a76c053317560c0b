import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@ringback/config';
import { outputTypes } from '@ringback/outputs';
import { checkCondition } from '@ringback/routing';
import { sourceTypes } from '@ringback/sources';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { problemsOf } from './kubernetes-schemas.ts';
import { podSpecs, render, type Resource } from './kustomize.ts';

const ROOT = join(import.meta.dirname, '..');
/** The shipped ones, and one of them as docs/deploying.md changes it for Prometheus. */
const SHIPPED = readdirSync(join(ROOT, 'deploy/overlays'));
const OVERLAYS = [...SHIPPED, 'monitored'];
const SECRETS = {
  'redis-password': 'a-password',
  callbot: 'a-secret-of-the-provider',
  'admin-token': 'a-token-for-whoever-scrapes',
  crm: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
};
const PATIENCE_S = 5;
/** Settings of an overlay, as inFolder writes them. */
const RENDERED = 'rendered.yaml';

/** A copy of deploy/ with the files that are a user's own. */
const folder = mkdtempSync(join(tmpdir(), 'ringback-deploy-'));
cpSync(join(ROOT, 'deploy'), folder, { recursive: true, filter: (path) => !path.endsWith('/secrets') });
cpSync(join(folder, 'overlays/simple'), join(folder, 'overlays/monitored'), { recursive: true });
const monitored = join(folder, 'overlays/monitored/kustomization.yaml');
writeFileSync(
  monitored,
  readFileSync(monitored, 'utf8').replace('# - ../../components/monitoring', '- ../../components/monitoring'),
);
for (const overlay of OVERLAYS) {
  const secrets = join(folder, 'overlays', overlay, 'secrets');
  mkdirSync(secrets);
  for (const [name, secret] of Object.entries(SECRETS)) writeFileSync(join(secrets, name), secret);
}
afterAll(() => rmSync(folder, { recursive: true }));

const byName = (resources: readonly Resource[]) =>
  Object.fromEntries(resources.map((one) => [`${one.kind} ${one.metadata.namespace ?? ''}/${one.metadata.name}`, one]));
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

it('the check by schemas finds a wrong value, an unknown key and an unknown kind', () => {
  const budget = (spec: object) => problemsOf({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', spec });
  expect(budget({ maxUnavailable: 1, selector: { matchLabels: { any: 'label' } } })).toEqual([]);
  expect(budget({ unhealthyPodEvictionPolicy: 'Sometimes' })).toEqual([expect.stringContaining('unhealthyPodEvictionPolicy')]);
  expect(budget({ selector: { matchLabel: {} } })).toEqual(['/spec/selector/matchLabel is unknown']);
  expect(problemsOf({ apiVersion: 'v1', kind: 'Pods' })).toEqual(['no schema for v1 Pods']);
});

describe.each(OVERLAYS)('the overlay %s', (overlay) => {
  const path = join(folder, 'overlays', overlay);
  const resources = render(path);
  const kind = (...kinds: string[]) => resources.filter((resource) => kinds.includes(resource.kind));
  const apps = kind('Deployment', 'StatefulSet');
  const [settingsMap] = kind('ConfigMap');
  const settings = inFolder(String(settingsMap?.['data']['ringback.yaml']), path);
  const config = loadConfig({ path: settings, env: {}, sourceTypes, outputTypes, checkCondition });

  it('fits the schemas of Kubernetes, KEDA and the Gateway API', () => {
    expect(resources.flatMap((resource) => problemsOf(resource).map((text) => `${resource.metadata.name}: ${text}`))).toEqual([]);
  });

  it.skipIf(!hasKubectl)('is what kubectl renders', () => {
    const text = execFileSync('kubectl', ['kustomize', path], { encoding: 'utf8' });
    expect(byName(resources)).toEqual(byName(parseAllDocuments(text).map((document) => document.toJS())));
  });

  it('runs both apps without any right that they do not need', () => {
    expect(apps.map(({ metadata }) => metadata.name)).toEqual(['ringback-ingress', 'ringback-worker']);
    for (const pod of podSpecs(apps)) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources).toMatchObject({
          requests: { cpu: expect.any(String) },
          limits: { memory: expect.any(String) },
        });
      }
    }
    expect(kind('ServiceAccount')).toMatchObject([{ automountServiceAccountToken: false }]);
  });

  it('asks the admin ports that the settings open to the node', () => {
    const ports = { ingress: config.ingress, worker: config.worker };
    for (const [name, { adminHost, adminPort }] of Object.entries(ports)) {
      const [container] = podSpecs(apps.filter(({ metadata }) => metadata.name === `ringback-${name}`))[0].containers;
      expect(adminHost).toBe('0.0.0.0');
      expect(container.ports).toContainEqual({ name: 'admin', containerPort: adminPort });
      expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'admin' });
      for (const probe of [container.livenessProbe, container.startupProbe]) {
        expect(probe.httpGet).toEqual({ path: '/livez', port: 'admin' });
      }
    }
  });

  it('gives each pod more time to stop than the settings may use', () => {
    const [ingress, worker] = podSpecs(apps);
    const { drainDelay, shutdownGrace } = config.ingress;
    const preStop = ingress.containers[0].lifecycle.preStop.sleep.seconds;
    expect(ingress.terminationGracePeriodSeconds).toBeGreaterThan(preStop + (drainDelay + shutdownGrace) / 1000 + PATIENCE_S);
    expect(worker.terminationGracePeriodSeconds).toBeGreaterThan(config.worker.shutdownGrace / 1000 + PATIENCE_S);
  });

  it('refers only to what is there', () => {
    const there = new Set(resources.map((resource) => `${resource.kind} ${resource.metadata.name}`));
    const named = podSpecs(apps).flatMap(({ serviceAccountName, volumes }) => [
      `ServiceAccount ${serviceAccountName}`,
      ...volumes.flatMap((volume: Resource) => (volume['configMap'] ? [`ConfigMap ${volume['configMap'].name}`] : [])),
      ...volumes.flatMap((volume: Resource) => (volume['secret'] ? [`Secret ${volume['secret'].secretName}`] : [])),
    ]);
    const scaled = kind('HorizontalPodAutoscaler', 'ScaledObject').map(({ spec }) => {
      const { kind: of = 'Deployment', name } = spec.scaleTargetRef;
      return `${of} ${name}`;
    });
    const selectors = kind('PodDisruptionBudget', 'NetworkPolicy').map(({ spec }) => spec.selector ?? spec.podSelector);
    expect([...named, ...scaled].filter((name) => !there.has(name))).toEqual([]);
    for (const { matchLabels } of [...selectors, ...kind('Service').map(({ spec }) => ({ matchLabels: spec.selector }))]) {
      expect(apps.filter(({ spec }) => isIn(matchLabels, spec.template.metadata.labels))).toHaveLength(1);
    }
    const replicas = apps.filter(({ spec }) => spec.replicas !== undefined).map((app) => `${app.kind} ${app.metadata.name}`);
    expect(replicas.filter((name) => scaled.includes(name))).toEqual([]);
  });
});

it.each(SHIPPED)('the overlay %s has settings that ringback check finds fine, and offers monitoring', (overlay) => {
  const settings = join(folder, 'overlays', overlay, RENDERED);
  const main = join(ROOT, 'apps/cli/src/main.ts');
  const { status, stderr } = spawnSync(process.execPath, [main, 'check', '--strict', settings], { encoding: 'utf8', env: {} });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const file = readFileSync(join(ROOT, 'deploy/overlays', overlay, 'kustomization.yaml'), 'utf8');
  expect(file).toMatch(/^components:\n(?: +- .+\n)+ +# - \.\.\/\.\.\/components\/monitoring /m);
});

describe('the component monitoring', () => {
  const resources = render(join(folder, 'overlays/monitored'));
  const only = (kind: string) => resources.filter((one) => one.kind === kind);
  const apps = only('Deployment');

  it('lets Prometheus find the admin port of every pod, under the name that the rules know, with the token of the settings', () => {
    const [monitor, ...others] = only('PodMonitor');
    expect(others).toEqual([]);
    const spec = monitor?.['spec'];
    for (const app of apps) {
      const { labels } = app['spec'].template.metadata;
      expect(isIn(spec.selector.matchLabels, labels)).toBe(true);
      expect(labels[spec.jobLabel]).toBe('ringback');
      expect(app['spec'].template.spec.containers[0].ports.map(({ name }: Resource) => name)).toContain(
        spec.podMetricsEndpoints[0].port,
      );
    }
    const { name, key } = spec.podMetricsEndpoints[0].authorization.credentials;
    expect(only('Secret').map((secret) => [secret.metadata.name, Object.keys(secret['data'])])).toEqual([
      [name, expect.arrayContaining([key])],
    ]);
    expect(String(only('ConfigMap')[0]?.['data']['ringback.yaml']).match(/adminTokenFile: .*/g)).toEqual([
      `adminTokenFile: /run/secrets/${key}`,
      `adminTokenFile: /run/secrets/${key}`,
    ]);
  });

  it('opens the admin ports to Prometheus in a labelled namespace, and to nobody else', () => {
    const policies = only('NetworkPolicy').flatMap(({ spec }) => spec.ingress);
    const from = [
      {
        namespaceSelector: { matchLabels: { 'ringback/monitoring': 'allowed' } },
        podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
      },
    ];
    const admin = { from, ports: [{ protocol: 'TCP', port: 'admin' }] };
    expect(policies).toEqual([{ ports: [{ protocol: 'TCP', port: 'http' }] }, admin, admin]);
  });
});

const isIn = (some: Record<string, string>, all: Record<string, string>) =>
  Object.entries(some).every(([key, value]) => all[key] === value);

/** The settings as a file whose secrets and folders are on this machine. */
function inFolder(settings: string, path: string): string {
  const file = join(path, RENDERED);
  writeFileSync(file, settings.replaceAll('/run/secrets/', `${path}/secrets/`).replaceAll('/var/lib/ringback/', `${path}/`));
  return file;
}
