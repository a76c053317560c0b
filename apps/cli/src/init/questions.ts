import type { Readable, Writable } from 'node:stream';
import { isCancel, select, text } from '@clack/prompts';
import { type Answers, OUTPUTS, SOURCES } from './settings-text.ts';

type Streams = { readonly input: Readable; readonly output: Writable };

const SOURCE_LABELS: Readonly<Record<Answers['source'], string>> = {
  callbot: 'NXCloud Callbot',
  nxlink: 'NXLink',
  'standard-webhooks': 'a sender that signs by Standard Webhooks',
  hmac: 'a sender with an HMAC in a header (GitHub, Shopify, Stripe, Slack)',
};
const OUTPUT_LABELS: Readonly<Record<Answers['output'], string>> = {
  stdout: 'the log of the worker, for a first look',
  webhook: 'your own system: a webhook',
  slack: 'a Slack channel',
  discord: 'a Discord channel',
};
const ACCOUNT_NAMES: Partial<Record<Answers['source'], string>> = {
  callbot: "The account's uuid, from the provider's Developer page (empty: the published sample)",
  nxlink: "The account's accessKey",
};

/** Asks the person at the terminal. Undefined: the person gave up (Ctrl-C). */
export async function askAll(streams: Streams): Promise<Answers | undefined> {
  const source = await choose('Where do callbacks come from?', SOURCE_LABELS, SOURCES, streams);
  if (source === undefined) return undefined;
  const accountName = ACCOUNT_NAMES[source];
  const account = accountName === undefined ? '' : await ask(accountName, streams, () => undefined);
  if (account === undefined) return undefined;
  const output = await choose('Where do they go?', OUTPUT_LABELS, OUTPUTS, streams);
  if (output === undefined) return undefined;
  const url = output === 'webhook' ? await ask('URL of the webhook', streams, problemOfUrl) : '';
  if (url === undefined) return undefined;
  return { source, output, ...(account === '' ? {} : { account }), ...(url === '' ? {} : { url }) };
}

async function choose<T extends string>(
  message: string,
  labels: Readonly<Record<T, string>>,
  values: readonly T[],
  streams: Streams,
): Promise<T | undefined> {
  const options: { value: string; label: string }[] = values.map((value) => ({ value, label: labels[value] }));
  const answer = await select({ message, options, ...streams });
  return values.find((value) => value === answer);
}

async function ask(
  message: string,
  streams: Streams,
  validate: (value: string | undefined) => string | undefined,
): Promise<string | undefined> {
  const answer = await text({ message, validate, defaultValue: '', ...streams });
  return isCancel(answer) ? undefined : answer.trim();
}

function problemOfUrl(value: string | undefined): string | undefined {
  const isHttp = /^https?:$/.test(URL.parse(value?.trim() ?? '')?.protocol ?? '');
  return isHttp ? undefined : 'An http or https URL, such as https://crm.example.com/hooks/callbot';
}
