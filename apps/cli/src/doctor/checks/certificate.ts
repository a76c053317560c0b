import type { Finding } from '@ringback/operations';
import type { Certificate } from '@ringback/outputs';

export type Told = Omit<Finding, 'subject'>;

/** What to do if it ends, is for another name, or is not trusted. */
export type CertificateMends = { readonly renew: string; readonly name: string; readonly trust: string };

type Options = { readonly now: number; readonly mends: CertificateMends };

const DAY_MS = 86_400_000;
const EXPIRES_SOON_MS = 21 * DAY_MS;

/** All that is wrong with it, or that nothing is. */
export function judgeCertificate({ validTo, fitsHost, distrust }: Certificate, { now, mends }: Options): readonly Told[] {
  const ends = judgeEnd(validTo, { now, renew: mends.renew });
  const told: Told[] = ends.severity === 'ok' ? [] : [ends];
  if (!fitsHost) {
    const text = 'its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)';
    told.push({ severity: 'error', text, mend: mends.name });
  }
  if (distrust !== undefined)
    told.push({ severity: 'error', text: `its certificate is not trusted (${distrust})`, mend: mends.trust });
  return told.length > 0 ? told : [ends];
}

/** `validTo` and `now` in ms since the epoch. */
export function judgeEnd(validTo: number, { now, renew }: { now: number; renew: string }): Told {
  const until = new Date(validTo).toISOString();
  const days = Math.floor((validTo - now) / DAY_MS);
  if (validTo <= now) return { severity: 'error', text: `its certificate expired at ${until}`, mend: renew };
  if (validTo - now >= EXPIRES_SOON_MS) return { severity: 'ok', text: `its certificate is valid for ${days} days` };
  return { severity: 'warning', text: `its certificate expires in ${days} days (${until})`, mend: renew };
}
