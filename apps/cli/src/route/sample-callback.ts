import { randomUUID } from 'node:crypto';
import type { Config } from '@ringback/config';
import { type Callback, type Headers, RingbackError } from '@ringback/contracts';
import { createSenders, type SourceStanza } from '@ringback/sources';
import { type FoundSender, findSender } from '../send/sender.ts';
import { unusedFlags } from '../send/unused-flags.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type SampleOptions = {
  /** With a file: assumed if the body does not tell. */
  readonly kind?: string | undefined;
  readonly file?: Buffer | undefined;
  readonly taskStatus: number;
  readonly event?: string | undefined;
  readonly source?: string | undefined;
  readonly account?: string | undefined;
};

type Context = { readonly settings: Pick<Config, 'sources'>; readonly terminal: Terminal };

/** A callback as the sender would send it, read by its source. @throws RingbackError for a refused body */
export function sampleCallback(options: SampleOptions, { settings: { sources }, terminal }: Context): Callback {
  const { kind: given, file, taskStatus, event, ...wanted } = options;
  refuseGuess({ file, sources, source: wanted.source });
  const kind = given ?? usualKind(sources, wanted.source);
  const sender = findSender(sources, { ...wanted, kind });
  for (const warning of unusedFlags(sender, { kind, file, event })) terminal.err(warning);
  const { name, account, source } = sender;
  const now = Date.now();
  const body = file ?? Buffer.from(sender.sample({ kind, at: now, status: taskStatus, event }));
  const identity = { id: randomUUID(), source: name, account, time: now, receivedAt: now };
  const headers = headersOf(sender, { kind, body, at: now, event });
  return source.read({ ...identity, method: 'POST', path: sender.path(kind), query: '', headers, body });
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
