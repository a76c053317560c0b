import { userInfo } from 'node:os';
import { PRIVATE_UMASK, whyNoImage } from '@ringback/server-programs';
import type { WayResult } from './server-spec.ts';

const IMAGE = 'redis:7.4-alpine';

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
  const unavailable = await whyNoImage(IMAGE, signal);
  if (unavailable !== undefined) return { unavailable };
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
