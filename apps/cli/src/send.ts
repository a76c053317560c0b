import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpClient } from '@ringback/outputs';
import { type Env, loadSettings } from './load-settings.ts';
import { sendAll } from './send-all.ts';
import { describeAnswer, type SendResult, sendOne, summarise } from './send-result.ts';
import { findSender, targetUrl } from './sender.ts';
import type { Terminal } from './terminal.ts';

export type SendOptions = {
  readonly kind: string;
  readonly config: string;
  readonly url?: string | undefined;
  readonly source?: string | undefined;
  readonly account?: string | undefined;
  readonly count: number;
  /** Callbacks per second. Absent: as fast as answers come. */
  readonly rate?: number | undefined;
  readonly concurrency: number;
  /** Sent instead of a sample, byte for byte. */
  readonly file?: Buffer | undefined;
  readonly taskStatus: number;
  readonly requestId?: string | undefined;
  readonly env: Env;
  readonly terminal: Terminal;
};

const now = () => performance.now();

/** Above this, answers are only summarised. */
const SHOWN_ONE_BY_ONE = 20;

/** Resolves with whether all were acked. @throws RingbackError for unusable settings, an unknown account or source */
export async function send(options: SendOptions): Promise<boolean> {
  const { kind, count, file, terminal } = options;
  const settings = loadSettings({ path: options.config, env: options.env });
  const sender = findSender(settings.sources, options);
  const url = targetUrl({ given: options.url, ingress: settings.ingress, path: sender.path(kind) });
  const http = createHttpClient();

  function post(index: number): Promise<SendResult> {
    const at = Date.now();
    const body = file ?? Buffer.from(sender.sample({ kind, at, taskStatus: options.taskStatus, serial: index + 1 }));
    const requestID = options.requestId ?? randomUUID().replaceAll('-', '');
    const headers = sender.sign({ kind, account: sender.account, body, requestID, at });
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

function howToMend(url: string): string {
  return `Nothing listens at ${new URL(url).origin}: start Ringback there (npm start), or name where it runs (--url).`;
}
