import { chmodSync, chownSync, copyFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PrivatePostgres } from './private-postgres.ts';
import { TLS_FILES } from './redis-tls.ts';

/** Settings of a server that speaks TLS too. Puts what they name into its folder: it takes only files of its own. */
export function postgresTls({ dir }: Pick<PrivatePostgres, 'dir'>): readonly string[] {
  const { uid, gid } = statSync(dir);
  const own = (name: string) => {
    const path = join(dir, name);
    copyFileSync(join(dirname(TLS_FILES.caFile), name), path);
    chownSync(path, uid, gid);
    chmodSync(path, 0o600);
    return path;
  };
  return ['ssl=on', `ssl_cert_file=${own('redis.pem')}`, `ssl_key_file=${own('redis.key')}`];
}
