import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromDebian, type UnpackedTree } from '@ringback/server-programs';
import { programsIn, versionOf } from './on-path.ts';
import type { SystemUser, WayResult } from './server-spec.ts';

/** For the just-in-time compiler, and for Debian's tools around the server. */
const WITHOUT = /^(libllvm|libz3|perl|libperl|lib[\w-]*-perl|ssl-cert|postgresql-(client-)?common)/;

type Options = {
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly user: SystemUser | undefined;
  readonly osRelease?: string;
};

/** PostgreSQL from Debian's or Ubuntu's packages, unpacked into `cache`. Needs no root. */
export async function postgresFromDebian({ cache, signal, user, osRelease }: Options): Promise<WayResult> {
  const probe = async ({ tree, env }: UnpackedTree): Promise<WayResult> => {
    const versions = join(tree, 'usr', 'lib', 'postgresql');
    const [name = ''] = await readdir(versions);
    const bin = join(versions, name, 'bin');
    // As ourselves: another user may be unable to reach the cache. `preparePostgres` mends that.
    const version = await versionOf({ bin, env, signal }, undefined);
    const label = `PostgreSQL ${version} from Debian's packages, unpacked under .ringback/cache`;
    return { spec: { way: 'Debian packages', label, ...programsIn(bin), env, tree, ...(user && { user }) } };
  };
  return fromDebian({ name: 'postgresql', package: 'postgresql', without: WITHOUT, probe }, { cache, signal, osRelease });
}
