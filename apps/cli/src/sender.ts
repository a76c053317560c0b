import { RingbackError, type Sender } from '@ringback/contracts';
import { createSenders, type SourceStanza } from '@ringback/sources';

export type Wanted = { readonly kind: string; readonly source?: string | undefined; readonly account?: string | undefined };

export type FoundSender = Sender & {
  readonly name: string;
  readonly account: string;
};

/**
 * Default: the first source with callbacks of this kind, and its first account.
 * @throws RingbackError RB_CONFIG_INVALID (no such source) or RB_ACCOUNT_UNKNOWN
 */
export function findSender(sources: readonly SourceStanza[], { kind, source, account }: Wanted): FoundSender {
  const senders = createSenders(sources).filter(({ name }) => (source ?? name) === name);
  const sender = senders.find(({ kinds }) => kinds.includes(kind));
  if (!sender) {
    const [named] = senders;
    const which = source === undefined ? `a source with callbacks of kind ${kind}` : `a source named ${source}`;
    const problem =
      source !== undefined && named
        ? `source ${source} has callbacks of kind ${named.kinds.join(', ')} only`
        : `the settings do not have ${which}`;
    throw new RingbackError('RB_CONFIG_INVALID', problem);
  }
  const found = sender.accounts.find((known) => (account ?? known) === known);
  if (found === undefined) throw new RingbackError('RB_ACCOUNT_UNKNOWN', `source ${sender.name} has no account ${account}`);
  return { ...sender, account: found };
}

export type Target = {
  /** A base URL, or a full one. */
  readonly given: string | undefined;
  readonly ingress: { readonly host: string; readonly port: number };
  readonly path: string;
};

/** A given URL without a path gets the source's. */
export function targetUrl({ given, ingress, path }: Target): string {
  const url = new URL(given ?? `http://${reachable(ingress.host)}:${ingress.port}`);
  return url.pathname === '/' ? new URL(path, url).href : url.href;
}

/** An ingress that listens on all interfaces is reached on loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
