import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisSpec } from '@ringback/testkit';
import { until } from '@ringback/testkit/bare';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';

const PASSWORD = 'a password with "quotes"';
const compose = parse(readFileSync(join(import.meta.dirname, '../docker/compose.yaml'), 'utf8'), { merge: true });

/** What compose makes of a text. */
function interpolated(text: string): string {
  return text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1').replaceAll('$$', '$');
}

it('compose starts a Redis that asks for the password of the file, and shows it to nobody', async ({ skip }) => {
  const { way, command, args, env } = redisSpec();
  if (process.platform !== 'linux' || (way !== 'on PATH' && way !== 'Debian packages')) skip('needs redis-server, and /proc');
  const folder = mkdtempSync(join(tmpdir(), 'rb-'));
  writeFileSync(join(folder, 'redis-password'), `${PASSWORD.replaceAll('"', String.raw`\"`)}\n`);
  writeFileSync(join(folder, 'redis-server'), `#!/bin/sh\nexec '${command}' ${args.join(' ')} "$@"\n`);
  chmodSync(join(folder, 'redis-server'), 0o755);
  const [shell, flag, script, name] = compose.services.redis.command.map(interpolated);
  const socket = join(folder, 'socket');
  const extra = ['--port', '0', '--unixsocket', socket, '--dir', folder];
  const server = spawn(shell, [flag, script.replaceAll('/run/secrets', folder), name, ...extra], {
    env: { ...env, PATH: `${folder}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let log = '';
  server.stdout.on('data', (chunk) => (log += String(chunk)));
  onTestFinished(async () => {
    if (server.kill('SIGKILL')) await once(server, 'close');
    rmSync(folder, { recursive: true });
  });
  await until(() => /ready to accept connections/i.test(log), { withinMs: 60_000, what: () => log });

  const redis = new Redis(socket, { password: PASSWORD, maxRetriesPerRequest: null });
  const stranger = new Redis(socket, { lazyConnect: true, retryStrategy: () => null });
  stranger.on('error', () => {});
  onTestFinished(() => [redis, stranger].forEach((client) => client.disconnect()));
  await expect(stranger.get('key')).rejects.toThrow(/NOAUTH/);
  expect(await redis.config('GET', 'm*')).toEqual(
    expect.arrayContaining(['maxmemory', '536870912', 'maxmemory-policy', 'noeviction', 'masterauth', PASSWORD]),
  );
  expect(await redis.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
  expect(readFileSync(`/proc/${server.pid}/cmdline`, 'utf8')).not.toContain('password');
}, 120_000);
