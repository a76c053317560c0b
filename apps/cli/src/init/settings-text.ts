export const SOURCES = ['callbot', 'nxlink', 'standard-webhooks', 'hmac'] as const;
export const OUTPUTS = ['stdout', 'webhook', 'slack', 'discord'] as const;

/** What `ringback init` asks for. */
export type Answers = {
  readonly source: (typeof SOURCES)[number];
  /** Public id of the account at the provider, if the source has accounts. Default: the provider's published sample. */
  readonly account?: string;
  readonly output: (typeof OUTPUTS)[number];
  /** URL of the webhook. */
  readonly url?: string;
};

/** The sample of the provider's documentation: anyone can sign with it. */
const SAMPLE = { uuid: 'Vh71ym3yQwWSYZFpqkFwTskGXUbSxDtR', secret: 'u7Mf3zUNOkg4lMV9a0E6cHSgIkK22GSr' };

const HEAD = `# yaml-language-server: $schema=./ringback.schema.json
# For an editor that knows this line, \`ringback schema --write\` puts the schema beside this file.
#
# The settings of Ringback. \`ringback check\` tells what is wrong with them. Restart Ringback after a change.
# \${NAME} is replaced by the environment variable NAME, so that no secret has to stand here.

# Loopback: only this machine reaches it. For the network set RINGBACK_HOST=0.0.0.0, best behind a proxy with TLS.
ingress: { host: '\${RINGBACK_HOST:-127.0.0.1}', port: 8080 }

# Redis: the one of REDIS_URL. \`ringback start\` brings its own if that is not set.
# redis: { url: redis://redis.internal:6379 }

# What passed is kept in this file, so that you can find, count and replay it: \`ringback search\`, \`ringback trace <id>\`.
# It holds bodies, and so personal data: \`ringback forget\` removes a person's. Without this section nothing is kept.
# Workers on several machines need PostgreSQL: { store: postgres, url: '\${HISTORY_URL}' }
history: { store: sqlite, path: '\${RINGBACK_HISTORY:-.ringback/history.sqlite}', keep: 30d, keepBodies: 7d }
`;

const quoted = (text: string) => JSON.stringify(text);

const SOURCE_STANZAS: Readonly<Record<Answers['source'], (account: string | undefined) => string>> = {
  callbot: (account) => `  # NXCloud Callbot. Give the provider https://<your host>/callbot as callback URL.
  - name: callbot
    type: callbot
    accounts:
${account === undefined ? SAMPLE_ACCOUNT : ownAccount(account)}
        algorithm: md5 # or sha256, as set on the provider's Developer page`,
  nxlink: (account = 'your-access-key') => `  # NXLink. Give the provider https://<your host>/nxlink as callback URL.
  - name: nxlink
    type: nxlink
    accounts:
      - accessKey: ${quoted(account)}
        accessSecrets: ['\${NXLINK_SECRET}']`,
  'standard-webhooks': () => `  # Any sender that signs as https://www.standardwebhooks.com says.
  - name: sender
    type: standard-webhooks
    path: /hooks/sender
    secrets: ['\${SENDER_SECRET}'] # whsec_...`,
  hmac: () => `  # Any sender with an HMAC in a header. docs/configuration.md has GitHub, Shopify, Stripe and Slack.
  - name: sender
    type: hmac
    path: /hooks/sender
    secrets: ['\${SENDER_SECRET}']
    signature: { header: x-hub-signature-256, prefix: sha256= }
    event: { header: x-github-event }
    id: { header: x-github-delivery }`,
};

const SAMPLE_ACCOUNT = `      # The provider's published sample account, for a first look: anyone can sign with its secret. The ingress warns of it,
      # and refuses it if NODE_ENV is production. Put your own uuid here, and its secret into CALLBOT_SECRET.
      - uuid: ${SAMPLE.uuid}
        secrets: ['\${CALLBOT_SECRET:-${SAMPLE.secret}}']`;

const ownAccount = (uuid: string) => `      - uuid: ${quoted(uuid)}
        secrets: ['\${CALLBOT_SECRET}'] # from the provider's Developer page; several while you rotate`;

const OUTPUT_STANZAS: Readonly<Record<Answers['output'], (url: string | undefined) => string>> = {
  stdout: () => `  # One line of JSON per callback, written by the worker.
  - name: console
    type: stdout`,
  webhook: (
    url = 'http://127.0.0.1:9999/hook',
  ) => `  # Your own system. To try it, \`ringback listen 9999\` is a stand-in at http://127.0.0.1:9999.
  - name: crm
    type: webhook
    url: ${quoted(url)}
    # Signs what is sent. \`ringback secret\` prints a new one.
    # signingSecret: \${CRM_SIGNING_SECRET}`,
  slack: () => `  # The URL of an incoming webhook of Slack.
  - name: ops
    type: slack
    url: \${SLACK_WEBHOOK_URL}`,
  discord: () => `  # The URL of an incoming webhook of Discord.
  - name: ops
    type: discord
    url: \${DISCORD_WEBHOOK_URL}`,
};

const NAME_OF_OUTPUT: Readonly<Record<Answers['output'], string>> = {
  stdout: 'console',
  webhook: 'crm',
  slack: 'ops',
  discord: 'ops',
};

/** A commented settings file, as YAML. */
export function settingsText({ source, account, output, url }: Answers): string {
  return `${HEAD}
# Where callbacks come from.
sources:
${SOURCE_STANZAS[source](account)}

# Where callbacks go. Each output has its own queue, retries and dead letters.
outputs:
${OUTPUT_STANZAS[output](url)}

# What goes where. Every route that matches sends. \`ringback route\` shows where a callback would go.
routes:
  - to: [${NAME_OF_OUTPUT[output]}] # no condition: every callback
  # - match: callbot.task.*
  #   when: data.taskStatus == 3
  #   to: [${NAME_OF_OUTPUT[output]}]
`;
}

/** The variables that must be set before these settings can be used. */
export function neededVariables(text: string): string[] {
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'));
  return [...new Set(lines.flatMap((line) => Array.from(line.matchAll(/\$\{([A-Z_]+)\}/g), ([, name = '']) => name)))];
}
