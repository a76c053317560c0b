import { type Finding, judgeClock } from '@ringback/operations';
import { askHttp, failureReason } from '@ringback/outputs';
import type { Check, DoctorContext, ReachedEndpoint } from '../check.ts';
import { type CertificateMends, judgeCertificate, type Told } from './certificate.ts';
import { SHARE_OF_TIMEOUT } from '../run-checks.ts';

const MEND_CERTIFICATE: CertificateMends = {
  renew: 'whoever runs the destination must renew its certificate',
  name: 'write the name of the certificate in the settings, or have the certificate made for this one',
  trust: 'name the CA in NODE_EXTRA_CA_CERTS, of this command and of the worker; or the destination must send the whole chain',
};

/** All without delivering anything. */
export const outputChecks: readonly Check[] = [
  ofEndpoints('output-dns', ({ reach: { addresses, failed } }) => {
    if (failed?.step !== 'dns') return [{ severity: 'ok', text: addresses.join(', ') }];
    const mend = 'correct the host in the settings, or the resolver of this machine';
    return [{ severity: 'error', text: failed.reason, mend }];
  }),
  ofEndpoints('output-tcp', ({ reach: { connectMs, failed } }) => {
    if (connectMs !== undefined) return [{ severity: 'ok', text: `connects in ${connectMs.toFixed(0)} ms` }];
    if (failed?.step !== 'tcp') return [];
    const mend = 'start what listens there, open the firewall for this machine, or correct the port in the settings';
    return [{ severity: 'error', text: failed.reason, mend }];
  }),
  ofEndpoints('output-tls', ({ reach: { certificate, failed } }, { now }) => {
    if (certificate) return judgeCertificate(certificate, { now: now(), mends: MEND_CERTIFICATE });
    if (failed?.step !== 'tls') return [];
    return [{ severity: 'error', text: failed.reason, mend: 'does it speak TLS? If it does not, write http:// in the settings' }];
  }),
  { name: 'output-clock', group: 'outputs', run: checkClocks },
];

function ofEndpoints(name: string, judge: (one: ReachedEndpoint, context: DoctorContext) => readonly Told[]): Check {
  return {
    name,
    group: 'outputs',
    run: async (context) => {
      const reached = await context.endpoints();
      if (reached.length === 0) return [{ severity: 'ok', subject: 'outputs', text: 'none sends to a server' }];
      return reached.flatMap((one) => judge(one, context).map((told) => ({ ...told, subject: subjectOf(one) })));
    },
  };
}

const subjectOf = ({ output, place }: ReachedEndpoint) => `${output} (${place})`;

/** Only with `--http`, and only the root: many destinations count any request to a webhook's path. */
async function checkClocks(context: DoctorContext): Promise<readonly Finding[]> {
  if (!context.http)
    return [{ severity: 'note', subject: 'outputs', text: 'clocks of destinations are compared only with --http (HEAD /)' }];
  const reached = (await context.endpoints()).filter(({ reach }) => reach.failed === undefined);
  return Promise.all(reached.map((one) => checkClock(one, context)));
}

/** The header has whole seconds. */
const DATE_EXACT_TO_MS = 1000;

async function checkClock(one: ReachedEndpoint, { now, timeout }: DoctorContext): Promise<Finding> {
  const subject = subjectOf(one);
  const signal = AbortSignal.timeout(timeout * SHARE_OF_TIMEOUT);
  try {
    const before = now();
    const { headers } = await askHttp({ method: 'HEAD', url: `${one.place}/`, signal });
    const tookMs = now() - before;
    const time = Date.parse(String(headers['date'] ?? ''));
    if (Number.isNaN(time)) return { severity: 'note', subject, text: 'it answers without a Date, so its clock is not known' };
    const aheadMs = before + tookMs / 2 - time - DATE_EXACT_TO_MS / 2;
    return judgeClock(subject, { aheadMs, exactToMs: DATE_EXACT_TO_MS / 2 + tookMs / 2 });
  } catch (error) {
    return { severity: 'note', subject, text: `does not answer HEAD /: ${failureReason(error, signal)}` };
  }
}
