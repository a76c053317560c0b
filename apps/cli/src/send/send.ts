import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpClient } from '@ringback/outputs';
import { type Env, loadSettings } from '../reach/load-settings.ts';
import { sendAll } from './send-all.ts';
import { describeAnswer, type SendResult, sendOne, summarise } from './send-result.ts';
import { findSender, type FoundSender, idOf, targetUrl } from './sender.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { unusedFlags } from './unused-flags.ts';

export type SendOptions = {
  readonly kind: string;
  readonly config: string;
  readonly url?: string | undefined;
  readonly source?: string | undefined;
  readonly account?: string | undefined;
  readonly count: number;
  /** Per second. Absent: as fast as answers come. */
  readonly rate?: number | undefined;
  readonly concurrency: number;
  /** Byte for byte. */
  readonly file?: Buffer | undefined;
  readonly taskStatus: number;
  readonly requestId?: string | undefined;
  readonly event?: string | undefined;
  readonly env: Env;
  readonly terminal: Terminal;
};

const now = () => performance.now();

/** Above this, answers are only summarised. */
const SHOWN_ONE_BY_ONE = 20;

/** True if all were acked. @throws RingbackError for unusable settings, an unknown account or source */
export async function send(options: SendOptions): Promise<boolean> {
  const { kind, count, terminal } = options;
  const settings = loadSettings({ path: options.config, env: options.env });
  const sender = findSender(settings.sources, options);
  const url = targetUrl({ given: options.url, ingress: settings.ingress, path: sender.path(kind) });
  for (const warning of unusedFlags(sender, options)) terminal.err(warning);
  const http = createHttpClient();
  const make = createMaker(sender, options);

  function post(index: number): Promise<SendResult> {
    const { requestID, headers, body } = make(index + 1);
    return sendOne({ http, url, headers, body, requestID, readAnswer: sender.readAnswer });
  }

  const oneByOne = count <= SHOWN_ONE_BY_ONE;
  terminal.out(`POST ${url}`);
  const started = now();
  try {
    const onResult = (result: SendResult) => oneByOne && terminal.out(describeAnswer(result));
    const results = await sendAll({ ...options, send: post, onResult, now, sleep });
    if (!oneByOne) for (const line of summarise(results, now() - started)) terminal.out(line);
    if (results.some((result) => result.kind === 'unanswered' && result.reason === 'ECONNREFUSED')) terminal.err(howToMend(url));
    return results.every((result) => result.kind === 'acked');
  } finally {
    await http.close();
  }
}

/** The same requestID for all makes duplicates, not conflicts. */
function createMaker(sender: FoundSender, { kind, file, requestId, taskStatus, event }: SendOptions) {
  const first = Date.now();
  return (index: number) => {
    const [at, serial] = requestId === undefined ? [Date.now(), index] : [first, 1];
    const sentID = requestId ?? randomUUID().replaceAll('-', '');
    const body = file ?? Buffer.from(sender.sample({ kind, at, status: taskStatus, serial, requestID: sentID, event }));
    const headers = sender.sign({ kind, account: sender.account, body, requestID: sentID, at, event });
    return { body, headers, requestID: idOf(sender, { kind, headers, body, receivedAt: at }) ?? sentID };
  };
}

function howToMend(url: string): string {
  return `Nothing listens at ${new URL(url).origin}: start Ringback there (npm start or ringback start), or name where it runs (--url).`;
}
