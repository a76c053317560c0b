import { randomUUID } from 'node:crypto';
import { type Headers, RingbackError } from '@ringback/contracts';
import { explainRouting } from '@ringback/operations';
import { createSenders, type SourceStanza } from '@ringback/sources';
import { type Env, loadSettings } from '../reach/load-settings.ts';
import { tellRouting } from './text.ts';
import { type FoundSender, findSender } from '../send/sender.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { unusedFlags } from '../send/unused-flags.ts';

export type RouteOptions = {
  /** With a file: assumed if the body does not tell. */
  readonly kind?: string | undefined;
  readonly file?: Buffer | undefined;
  readonly taskStatus: number;
  readonly event?: string | undefined;
  readonly source?: string | undefined;
  readonly account?: string | undefined;
  /** With what the parts of each condition come to. */
  readonly parts?: boolean;
  readonly json?: boolean;
  readonly config: string;
  readonly env: Env;
  readonly terminal: Terminal;
};

/** True if a route matches. @throws RingbackError for unusable settings or a refused body */
export function route({ kind: given, file, taskStatus, event, config, env, terminal, ...options }: RouteOptions): boolean {
  const { parts = false, json = false, ...wanted } = options;
  const settings = loadSettings({ path: config, env });
  refuseGuess({ file, sources: settings.sources, source: wanted.source });
  const kind = given ?? usualKind(settings.sources, wanted.source);
  const sender = findSender(settings.sources, { ...wanted, kind });
  for (const warning of unusedFlags(sender, { kind, file, event })) terminal.err(warning);
  const { name, account, source } = sender;
  const now = Date.now();
  const body = file ?? Buffer.from(sender.sample({ kind, at: now, status: taskStatus, event }));
  const identity = { id: randomUUID(), source: name, account, time: now, receivedAt: now };
  const headers = headersOf(sender, { kind, body, at: now, event });
  const callback = source.read({ ...identity, method: 'POST', path: sender.path(kind), query: '', headers, body });
  return tellRouting(explainRouting(settings.routes, callback), { parts, json, terminal });
}

function usualKind(sources: readonly SourceStanza[], source: string | undefined): string {
  return createSenders(sources).find(({ name }) => (source ?? name) === name)?.kinds[0] ?? 'task';
}

type Guess = {
  readonly file: Buffer | undefined;
  readonly sources: readonly { readonly name: string }[];
  readonly source: string | undefined;
};

function refuseGuess({ file, sources, source }: Guess): void {
  if (file === undefined || source !== undefined || sources.length < 2) return;
  const names = sources.map(({ name }) => name).join(', ');
  throw new RingbackError('RB_CONFIG_INVALID', `there are several sources: say whose body it is (--source ${names})`);
}

type Sample = { readonly kind: string; readonly body: Buffer; readonly at: number; readonly event: string | undefined };

/** Without a secret there is no signature; the body alone decides. */
function headersOf(sender: FoundSender, sample: Sample): Headers {
  try {
    const headers = sender.sign({ ...sample, account: sender.account, requestID: randomUUID() });
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]));
  } catch {
    return {};
  }
}
