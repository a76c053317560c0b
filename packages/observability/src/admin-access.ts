import { isIP } from 'node:net';
import type { Logger, Secret } from '@ringback/contracts';

/** Who may read more than the two pages of health, which probes ask without either. */
export type AdminAccess = {
  /** `/metrics` wants it as `Authorization: Bearer <token>`. */
  readonly adminToken?: Secret | undefined;
  /** The port speaks HTTPS, and `/metrics` wants a certificate that `ca` has signed. In PEM. */
  readonly adminTls?: { readonly cert: Secret; readonly key: Secret; readonly ca: Secret } | undefined;
};

type Reach = AdminAccess & { readonly adminHost: string };

/** Whether other machines can read what the admin port shows, without a token or a certificate. */
export function isOpenToOthers({ adminHost, adminToken, adminTls }: Reach): boolean {
  return adminToken === undefined && adminTls === undefined && !isLoopback(adminHost);
}

/** Probes must reach the port, so this is no reason to stop. */
export function warnOfOpenAdmin({ logger, ...reach }: Reach & { readonly logger: Logger }): void {
  if (!isOpenToOthers(reach)) return;
  const line = { code: 'RB_ADMIN_OPEN', adminHost: reach.adminHost };
  logger.warn(line, 'whoever reaches the admin port can read its metrics: set adminToken or adminTls, or keep others out');
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}
