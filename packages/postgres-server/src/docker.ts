import { userInfo } from 'node:os';
import { whyNoImage } from '@ringback/server-programs';
import type { SystemUser, WayResult } from './server-spec.ts';

const IMAGE = 'postgres:16-alpine';

/** If an engine answers at once, and has or can pull the image. As our user: the data folder stays ours. */
export async function postgresInDocker(signal: AbortSignal, user: SystemUser | undefined): Promise<WayResult> {
  const unavailable = await whyNoImage(IMAGE, signal);
  if (unavailable !== undefined) return { unavailable };
  const { uid, gid } = user ?? userInfo();
  // initdb looks its user up by number.
  const place = ['--user', `${uid}:${gid}`, '--volume', '/etc/passwd:/etc/passwd:ro', '--volume', '{dir}:{dir}'];
  const name = 'ringback-postgres-{port}';
  return {
    spec: {
      way: 'Docker',
      label: `a container of ${IMAGE}`,
      initdb: ['docker', 'run', '--rm', ...place, '--entrypoint', 'initdb', IMAGE],
      postgres: [
        'docker',
        'run',
        '--rm',
        '--name',
        name,
        '--publish',
        '127.0.0.1:{port}:{port}',
        ...place,
        '--entrypoint',
        'postgres',
        IMAGE,
      ],
      env: {},
      kill: ['docker', 'kill', '--signal', '{signal}', name],
      listen: '0.0.0.0',
    },
  };
}
