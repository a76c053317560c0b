/** From the samples in the provider's documentation. */
export const SAMPLE_ACCOUNT = {
  uuid: 'Vh71ym3yQwWSYZFpqkFwTskGXUbSxDtR',
  secret: 'u7Mf3zUNOkg4lMV9a0E6cHSgIkK22GSr',
} as const;

export const SIGNING_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export type SettingsOptions = {
  readonly crmUrl: string;
  readonly opsUrl?: string;
  /** Namespace in a shared Redis. */
  readonly prefix: string;
  /** YAML flow. */
  readonly ingress?: string;
  readonly worker?: string;
  readonly redis?: string;
};

/** The promised settings file, with a test's ports and namespace. */
export function interfaceSettings({
  crmUrl,
  opsUrl = `${crmUrl}/slack`,
  prefix,
  ingress = '',
  worker = '',
  redis = '',
}: SettingsOptions): string {
  return `
ingress: { host: 127.0.0.1, port: 0, adminPort: 0, ${ingress} }
worker: { adminPort: 0, ${worker} }
redis: { prefix: ${prefix}, ${redis} }
sources:
  - name: callbot
    type: callbot
    accounts:
      - uuid: ${SAMPLE_ACCOUNT.uuid}
        secrets: ["${SAMPLE_ACCOUNT.secret}"]
        algorithm: md5
outputs:
  - name: crm
    type: webhook
    url: ${crmUrl}/hook
    signingSecret: ${SIGNING_SECRET}
    timeout: 5s
    retry: { attempts: 5, minDelay: 200ms, maxDelay: 5s }
  - name: ops
    type: slack
    url: ${opsUrl}
routes:
  - to: [crm]
  - match: callbot.task.*
    when: data.taskStatus == 3
    to: [ops]
`;
}
