import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisContainer } from '@testcontainers/redis';
import type { TestProject } from 'vitest/node';
import { type RedisServerSpec, startRedis } from '@ringback/redis-server';
import { findTestRedis } from '@ringback/testkit/bare';

type SharedRedis = { readonly url: string; readonly stop: () => Promise<void> };

const FOUND_WITHIN_MS = 300_000;
const SETTINGS = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction', '--databases', '1'];

async function sharedServer(spec: RedisServerSpec): Promise<SharedRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'ringback-redis-'));
  const server = await startRedis({ spec, dir, settings: SETTINGS, whenAbandoned: 'kill -KILL "$1"; rm -rf "$2"' });
  const stop = async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { url: server.url, stop };
}

async function sharedContainer(): Promise<SharedRedis> {
  const image = process.env['RINGBACK_TEST_REDIS_IMAGE'] ?? 'redis:7.4-alpine';
  const container = await new RedisContainer(image).withCommand(['redis-server', '--protected-mode', 'no', ...SETTINGS]).start();
  return {
    url: container.getConnectionUrl(),
    stop: async () => {
      await container.stop();
    },
  };
}

/**
 * One real Redis for the run, and how to start private ones. Without a real Redis the run
 * fails: durability cannot be tested on anything else.
 */
export async function setUpRedis(project: TestProject): Promise<() => Promise<void>> {
  const found = await findTestRedis(AbortSignal.timeout(FOUND_WITHIN_MS));
  if ('reasons' in found) {
    const why = found.reasons.map((reason) => `  - ${reason}`).join('\n');
    throw new Error(`The tests need a real Redis, and this machine has none:\n${why}\nInstall redis-server or valkey-server.`);
  }
  const inContainer = process.env['RINGBACK_TEST_REDIS'] === 'testcontainers';
  const shared = inContainer ? await sharedContainer() : await sharedServer(found.spec);
  process.stdout.write(`Redis for the tests: ${inContainer ? 'testcontainers' : found.spec.label}, at ${shared.url}\n`);
  project.provide('redisUrl', shared.url);
  project.provide('redisSpec', found.spec);
  return shared.stop;
}
