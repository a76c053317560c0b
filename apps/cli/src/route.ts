import { randomUUID } from 'node:crypto';
import type { Headers } from '@ringback/contracts';
import { createRouter, explainRoutes, type Routing } from '@ringback/routing';
import { createSources } from '@ringback/sources';
import { type Env, loadSettings } from './load-settings.ts';
import { type FoundSender, findSender } from './sender.ts';
import type { Terminal } from './terminal.ts';

export type RouteOptions = {
  /** With a file: the kind to assume if the body does not tell. */
  readonly kind: string;
  readonly file?: Buffer | undefined;
  readonly taskStatus: number;
  readonly source?: string | undefined;
  readonly account?: string | undefined;
  readonly config: string;
  readonly env: Env;
  readonly terminal: Terminal;
};

/** Sends nothing. Returns whether a route matches. @throws RingbackError for unusable settings, or a refused body */
export function route({ kind, file, taskStatus, config, env, terminal, ...wanted }: RouteOptions): boolean {
  const settings = loadSettings({ path: config, env });
  const sender = findSender(settings.sources, { ...wanted, kind });
  const { name, account } = sender;
  const source = createSources(settings.sources).find((candidate) => candidate.name === name);
  if (source === undefined) throw new TypeError(`no source ${name}`);
  const now = Date.now();
  const body = file ?? Buffer.from(sender.sample({ kind, at: now, taskStatus }));
  const identity = { id: randomUUID(), source: name, account, time: now, receivedAt: now };
  const headers = headersOf(sender, { kind, body, at: now });
  const callback = source.read({ ...identity, method: 'POST', path: sender.path(kind), query: '', headers, body });

  terminal.out(`${callback.type} of source ${name}, account ${account}`);
  for (const { number, to = [], drop, matches, because } of explainRoutes(settings.routes, callback)) {
    const then = drop === undefined ? `to ${to.join(', ')}` : `drops it (${drop})`;
    terminal.out(`route ${number} ${matches ? `matches, ${then}` : 'does not match'}: ${because}`);
  }
  const routing = createRouter({ routes: settings.routes }).route(callback);
  terminal.out(outcomeOf(routing));
  return routing.kept === undefined;
}

type Sample = { readonly kind: string; readonly body: Buffer; readonly at: number };

/** Without a secret there is no signature, and the body alone decides. */
function headersOf(sender: FoundSender, sample: Sample): Headers {
  try {
    const headers = sender.sign({ ...sample, account: sender.account, requestID: randomUUID() });
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]));
  } catch {
    return {};
  }
}

function outcomeOf({ outputs, dropped, kept }: Routing): string {
  if (kept?.code === 'RB_UNROUTED') return 'no route matches: it would be acked, and kept in quarantine (RB_UNROUTED)';
  if (kept !== undefined) return `it would be acked, and kept in quarantine (${kept.code}): ${kept.reason}`;
  return dropped === undefined ? `delivered to ${outputs.join(', ')}` : `dropped: ${dropped}`;
}
