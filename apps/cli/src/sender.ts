import { RingbackError } from '@ringback/contracts';
import { type CallbotAccount, type CallbotSettings, callbotDefaultPaths, type SourceStanza } from '@ringback/sources';

type Sender = {
  /** Of the source. */
  readonly name: string;
  readonly account: CallbotAccount;
  readonly paths: Readonly<Record<keyof typeof callbotDefaultPaths, string>>;
};

/**
 * Whose callbacks are sent: the named callbot source and account, else the first.
 * @throws RingbackError RB_CONFIG_INVALID (no such source) or RB_ACCOUNT_UNKNOWN
 */
export function findSender(
  sources: readonly SourceStanza[],
  wanted: { source?: string | undefined; account?: string | undefined },
): Sender {
  const source = sources.filter(isCallbot).find(({ name }) => (wanted.source ?? name) === name);
  if (!source) {
    const which = wanted.source === undefined ? 'a source of type callbot' : `a callbot source named ${wanted.source}`;
    throw new RingbackError('RB_CONFIG_INVALID', `the settings do not have ${which}`);
  }
  const { settings } = source;
  const account = settings.accounts.find(({ uuid }) => (wanted.account ?? uuid) === uuid);
  if (!account) throw new RingbackError('RB_ACCOUNT_UNKNOWN', `source ${source.name} has no account ${wanted.account}`);
  return { name: source.name, account, paths: { ...callbotDefaultPaths, ...settings.paths } };
}

/** The settings loader decodes every stanza by the schema of its type. */
function isCallbot(source: SourceStanza): source is SourceStanza & { settings: CallbotSettings } {
  return source.type === 'callbot';
}

export type Target = {
  /** A base URL, or the full one. */
  readonly given: string | undefined;
  readonly ingress: { readonly host: string; readonly port: number };
  /** Where the source takes this kind of callback. */
  readonly path: string;
};

/** The URL to post to. A given one without a path of its own gets the source's. */
export function targetUrl({ given, ingress, path }: Target): string {
  const url = new URL(given ?? `http://${reachable(ingress.host)}:${ingress.port}`);
  return url.pathname === '/' ? new URL(path, url).href : url.href;
}

/** An ingress that listens on every interface is asked on the loopback one. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
