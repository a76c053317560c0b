/** The account that the provider's documentation uses in its samples. */
export const SAMPLE_ACCOUNT = {
  uuid: 'Vh71ym3yQwWSYZFpqkFwTskGXUbSxDtR',
  secret: 'u7Mf3zUNOkg4lMV9a0E6cHSgIkK22GSr',
} as const;

export const SIGNING_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export type SettingsOptions = {
  /** Where the webhook output `crm` sends to. */
  readonly crmUrl: string;
  /** Where the Slack output `ops` sends to. */
  readonly opsUrl?: string;
  /** Namespace in a shared Redis. */
  readonly prefix: string;
  /** Further keys of the sections, as YAML flow. */
  readonly ingress?: string;
  readonly worker?: string;
  readonly redis?: string;
};

/** The settings file whose meaning is promised to stay, with the ports and the namespace of a test. */
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
