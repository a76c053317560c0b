import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { PRIVATE_UMASK } from './private-files.ts';
import type { WayResult } from './server-spec.ts';

const run = promisify(execFile);
const IMAGE = 'redis:7.4-alpine';
const ANSWERS_WITHIN_MS = 3000;
const PULLED_WITHIN_MS = 120_000;

/** As our user: the data folder stays ours. Published on 127.0.0.1 only. */
function containerArgs(): string[] {
  const { uid, gid } = userInfo();
  const user = uid < 0 ? [] : ['--user', `${uid}:${gid}`];
  const place = ['--publish', '127.0.0.1:{port}:{port}', '--volume', '{dir}:{dir}'];
  const program = ['-c', `umask ${PRIVATE_UMASK.toString(8)}; exec redis-server "$@"`, 'redis-server', '--protected-mode', 'no'];
  return ['run', '--rm', '--name', 'ringback-redis-{port}', ...user, ...place, '--entrypoint', 'sh', IMAGE, ...program];
}

/** If an engine answers at once, and has or can pull the image. */
export async function redisInDocker(signal: AbortSignal): Promise<WayResult> {
  try {
    await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: ANSWERS_WITHIN_MS, signal });
  } catch {
    return { unavailable: 'no Docker engine answers' };
  }
  try {
    await run('docker', ['image', 'inspect', IMAGE], { timeout: ANSWERS_WITHIN_MS, signal }).catch(() =>
      run('docker', ['pull', '--quiet', IMAGE], { timeout: PULLED_WITHIN_MS, signal }),
    );
  } catch {
    return { unavailable: `Docker runs, but ${IMAGE} cannot be pulled` };
  }
  const kill = ['docker', 'kill', '--signal', '{signal}', 'ringback-redis-{port}'];
  return {
    spec: {
      way: 'Docker',
      label: `a container of ${IMAGE}`,
      command: 'docker',
      args: containerArgs(),
      env: {},
      kill,
      bind: '0.0.0.0',
    },
  };
}
