import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fromDebian, type UnpackedTree } from '@ringback/server-programs';
import type { WayResult } from './server-spec.ts';

const execute = promisify(execFile);

/** Packages of Debian, and the programs in them. */
export type ServerPackage = 'redis-server' | 'valkey-server';

async function specOf({ tree, env }: UnpackedTree, program: ServerPackage): Promise<WayResult> {
  const command = join(tree, 'usr', 'bin', program);
  const { stdout } = await execute(command, ['--version'], { env: { ...process.env, ...env }, timeout: 5000 });
  const version = /v=([\d.]+)/.exec(stdout)?.[1] ?? '';
  const label = `${program} ${version} from Debian's packages, unpacked under .ringback/cache`;
  return { spec: { way: 'Debian packages', label, command, args: [], env } };
}

/** A server from Debian's or Ubuntu's packages, unpacked into `cache`. Needs no root. */
export async function redisFromDebian(options: {
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly osRelease?: string;
  /** Default: redis-server. */
  readonly program?: ServerPackage;
}): Promise<WayResult> {
  const { program = 'redis-server', ...rest } = options;
  const name = program.replace('-server', '');
  return fromDebian({ name, package: program, probe: (tree) => specOf(tree, program) }, rest);
}
