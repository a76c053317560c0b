import { SAMPLE_ACCOUNT } from '@ringback/testkit';

export const PREFIX = 'upgrade';
const OUTPUTS = ['crm', 'erp', 'flaky', 'limited', 'refused', 'bounded'] as const;
const MORE: Partial<Record<(typeof OUTPUTS)[number], string>> = {
  crm: ', concurrency: 1',
  erp: ', concurrency: 1',
  flaky: ', retry: { minDelay: 30s, maxDelay: 30s }',
  bounded: ', backlog: { max: 1KiB, over: dead-letter }',
};

/** The outputs that a callback goes to: its taskID is `crm+erp/<anything>`. */
export function outputsOf(taskID: string): string[] {
  return (taskID.split('/')[0] ?? '').split('+').filter((name) => OUTPUTS.some((output) => output === name));
}

const route = (name: string) => `  - { when: 'data.taskID.split("/")[0].split("+").exists(o, o == "${name}")', to: [${name}] }`;

/** `rate`: the time for one delivery to `limited`. `further`: more routes. */
export function upgradeSettings({ url, rate = '30s', further = '' }: { url: string; rate?: string; further?: string }): string {
  const output = (name: (typeof OUTPUTS)[number]) => {
    const more = name === 'limited' ? `, rateLimit: { max: 1, per: ${rate} }` : (MORE[name] ?? '');
    return `  - { name: ${name}, type: webhook, url: '${url}/${name}', timeout: 60s${more} }`;
  };
  return `
ingress: { host: 127.0.0.1, port: 0, adminPort: 0 }
worker: { adminPort: 0, lockDuration: 2s }
redis: { prefix: ${PREFIX} }
sources:
  - { name: callbot, type: callbot, accounts: [{ uuid: ${SAMPLE_ACCOUNT.uuid}, secrets: [${SAMPLE_ACCOUNT.secret}] }] }
outputs:
${OUTPUTS.map(output).join('\n')}
routes:
${OUTPUTS.map(route).join('\n')}
${further}`;
}
