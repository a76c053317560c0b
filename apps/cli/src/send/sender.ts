import { RingbackError, type Source } from '@ringback/contracts';
import { createSenders, createSources, type NamedSender, type SourceStanza } from '@ringback/sources';

export type Wanted = { readonly kind: string; readonly source?: string | undefined; readonly account?: string | undefined };

export type FoundSender = NamedSender & {
  /** The account to sign for. */
  readonly account: string;
  readonly source: Source;
};

/**
 * Default: the first source with callbacks of this kind, and its first account. @throws RingbackError
 * RB_CONFIG_INVALID or RB_ACCOUNT_UNKNOWN
 */
export function findSender(stanzas: readonly SourceStanza[], { kind, source: wanted, account }: Wanted): FoundSender {
  const sources = createSources(stanzas);
  const all = createSenders(stanzas).map((sender, index) => ({ ...sender, source: sources[index] }));
  const named = all.filter(({ name }) => (wanted ?? name) === name);
  const sender = named.find(({ kinds }) => kinds.includes(kind));
  if (!sender?.source) throw new RingbackError('RB_CONFIG_INVALID', whyNone({ kind, wanted, named, all }));
  const found = sender.accounts.find((known) => (account ?? known) === known);
  if (found === undefined) {
    throw new RingbackError(
      'RB_ACCOUNT_UNKNOWN',
      `source ${sender.name} has no account ${account}; it has ${sender.accounts.join(', ')}`,
    );
  }
  return { ...sender, source: sender.source, account: found };
}

type Named = Pick<FoundSender, 'name' | 'kinds'>;
type None = {
  readonly kind: string;
  readonly wanted: string | undefined;
  readonly named: readonly Named[];
  readonly all: readonly Named[];
};

function whyNone({ kind, wanted, named: [first], all }: None): string {
  if (wanted === undefined) return `the settings do not have a source with callbacks of kind ${kind}`;
  if (first) return `source ${wanted} has callbacks of kind ${first.kinds.join(', ')} only`;
  return `the settings do not have a source named ${wanted}; they have ${all.map(({ name }) => name).join(', ')}`;
}

type Sent = {
  readonly kind: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly receivedAt: number;
};

/** Undefined: it will be refused. */
export function idOf({ source, path }: FoundSender, { kind, headers, body, receivedAt }: Sent): string | undefined {
  const distinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]));
  try {
    return source.precheck({ method: 'POST', path: path(kind), query: '', headers: distinct, receivedAt })(body).id;
  } catch {
    return undefined;
  }
}

export type Target = {
  /** A base URL, or a full one. */
  readonly given: string | undefined;
  readonly ingress: { readonly host: string; readonly port: number };
  readonly path: string;
};

/** A URL without a path gets the source's. */
export function targetUrl({ given, ingress, path }: Target): string {
  const url = new URL(given ?? `http://${reachable(ingress.host)}:${ingress.port}`);
  return url.pathname === '/' ? new URL(path, url).href : url.href;
}

/** Listening on all interfaces includes loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
