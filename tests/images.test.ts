import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@ringback/testkit/bare';
import { Webhook } from 'standardwebhooks';
import {
  type ContainerRuntimeClient,
  GenericContainer,
  getContainerRuntimeClient,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
/** Set by whoever says that there is a Docker engine (.ci/docker-engine): then nothing here is skipped. */
const IN_CONTAINERS = process.env['RINGBACK_TEST_REDIS'] === 'testcontainers';
const REDIS_IMAGE = process.env['RINGBACK_TEST_REDIS_IMAGE'] ?? 'redis:7.4-alpine';
/** A base that needs no network. Unset: the Dockerfile's own. */
const NODE_IMAGE = process.env['RINGBACK_TEST_NODE_IMAGE'];
const BUILT_WITHIN_MS = 600_000;
const WITHIN_MS = 120_000;
const SECRET = `whsec_${Buffer.from(randomUUID()).toString('base64')}`;
const VERSION = '9.8.7';

const SETTINGS = `
ingress: { spool: { path: /var/lib/ringback/spool.sqlite } }
worker: { lockDuration: 2s }
sources: [{ name: billing, type: standard-webhooks, path: /billing, secrets: ['\${BILLING_SECRET}'] }]
outputs: [{ name: crm, type: webhook, url: 'http://receiver:9999/hook', timeout: 60s }]
routes: [{ to: [crm] }]
`;

/** Never answers its first request. */
const RECEIVER = `
let count = 0;
require('node:http').createServer((request, response) => {
  count += 1;
  console.log('request', count, request.headers['webhook-id']);
  if (count > 1) request.resume().once('end', () => response.writeHead(204).end());
}).listen(9999, () => console.log('listening'));
`;

/** Without what docker/compose.yaml takes away. */
class Restricted extends GenericContainer {
  constructor(image: string) {
    super(image);
    const volume = { Type: 'volume', Target: '/var/lib/ringback', Source: '' } as const;
    Object.assign(this.hostConfig, { ReadonlyRootfs: true, PidsLimit: 256, Mounts: [volume] });
    this.withDroppedCapabilities('ALL').withSecurityOpt('no-new-privileges:true').withTmpFs({ '/tmp': '' });
  }
}

type Running = { readonly container: StartedTestContainer; readonly log: () => string };

describe.skipIf(!IN_CONTAINERS)('the images', () => {
  const images = { ingress: `ringback-test-ingress:${randomUUID()}`, worker: `ringback-test-worker:${randomUUID()}` };
  const started: StartedTestContainer[] = [];
  let client: ContainerRuntimeClient;
  let folder: string;
  let network: StartedNetwork;

  /** On the network, under a name; ready once a line of its log matches. */
  async function run(container: GenericContainer, { name, line }: { name: string; line: RegExp }): Promise<Running> {
    let text = '';
    container.withLogConsumer((stream) => stream.on('data', (chunk) => (text += String(chunk))));
    container.withWaitStrategy(Wait.forLogMessage(line)).withStartupTimeout(WITHIN_MS);
    const one = await container.withNetwork(network).withNetworkAliases(name).start();
    started.push(one);
    return { container: one, log: () => text };
  }

  function app(name: keyof typeof images): Promise<Running> {
    const settings = { source: join(folder, 'ringback.yaml'), target: '/etc/ringback/ringback.yaml', mode: 'ro' } as const;
    const container = new Restricted(images[name])
      .withEnvironment({ REDIS_URL: 'redis://redis:6379', BILLING_SECRET: SECRET })
      .withBindMounts([settings]);
    if (name === 'ingress') container.withExposedPorts(8080);
    return run(container, { name, line: new RegExp(`${name} is up`) });
  }

  beforeAll(async () => {
    client = await getContainerRuntimeClient();
    folder = await mkdtemp(join(tmpdir(), 'ringback-images-'));
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'ringback.yaml'), SETTINGS, { mode: 0o644 });
    const buildArgs = { VERSION, ...(NODE_IMAGE !== undefined && { NODE_IMAGE }) };
    // One after the other: the second takes the layers of the first.
    for (const [target, image] of Object.entries(images)) {
      await GenericContainer.fromDockerfile(ROOT, 'docker/Dockerfile').withTarget(target).withBuildArgs(buildArgs).build(image);
    }
    network = await new Network().start();
  }, BUILT_WITHIN_MS);

  afterAll(async () => {
    await Promise.all(started.map((container) => container.stop({ timeout: 0 })));
    await network.stop();
    // One after the other: both share layers, and an engine may not find a layer that the other removal took.
    for (const image of Object.values(images)) await client.container.dockerode.getImage(image).remove({ force: true });
    await rm(folder, { recursive: true });
  }, WITHIN_MS);

  it.each(['ingress', 'worker'] as const)('say what the %s is, and run it as a user without rights', async (name) => {
    const { Config } = await client.container.dockerode.getImage(images[name]).inspect();
    expect(Config.User).toBe('1000:1000');
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': `ringback-${name}`,
      'org.opencontainers.image.version': VERSION,
      'org.opencontainers.image.licenses': 'Apache-2.0',
      ...(NODE_IMAGE !== undefined && { 'org.opencontainers.image.base.name': NODE_IMAGE }),
    });
  });

  it(
    'deliver a callback whose worker is killed under way, by the next worker',
    async () => {
      const redis = new GenericContainer(REDIS_IMAGE).withCommand([
        'redis-server',
        '--protected-mode',
        'no',
        '--appendonly',
        'yes',
      ]);
      await run(redis, { name: 'redis', line: /Ready to accept connections/ });
      const receiver = await run(new Restricted(images.worker).withCommand(['-e', RECEIVER]), {
        name: 'receiver',
        line: /listening/,
      });
      const ingress = (await app('ingress')).container;
      const first = await app('worker');

      const answer = await postSigned(`http://${ingress.getHost()}:${ingress.getMappedPort(8080)}/billing`);
      expect(answer.status).toBe(200);
      const attempt = (count: number) => new RegExp(`request ${count} (\\S+)`).exec(receiver.log())?.[1];
      const what = () => `attempts at the receiver:\n${receiver.log()}`;
      const id = await until(() => attempt(1), { withinMs: WITHIN_MS, what });
      await client.container.getById(first.container.getId()).kill({ signal: 'SIGKILL' });
      const second = (await app('worker')).container;
      expect(await until(() => attempt(2), { withinMs: WITHIN_MS, what })).toBe(id);

      const health = await client.container.dockerode.getImage(images.worker).inspect();
      const [, ...check] = health.Config.Healthcheck?.Test ?? [];
      expect((await second.exec(check)).exitCode).toBe(0);
      expect((await second.exec(['ringback', '--version'])).output.trim()).toBe(
        JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).version,
      );
      expect(await second.exec(['ringback', 'dead-letters', 'list'])).toMatchObject({
        exitCode: 0,
        output: 'nothing is kept that fits\n',
      });
    },
    BUILT_WITHIN_MS,
  );
});

function postSigned(url: string): Promise<Response> {
  const [id, time, body] = [randomUUID(), new Date(), JSON.stringify({ type: 'invoice.paid' })];
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign(id, time, body),
  };
  return fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(WITHIN_MS) });
}
