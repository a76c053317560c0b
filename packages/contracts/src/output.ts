import type { TSchema } from 'typebox';
import type { Delivery, DeliveryResult } from './delivery.ts';

export type HttpRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** Ends the request: the attempt's timeout, or the process is stopping. */
  readonly signal: AbortSignal;
};

/** Status 200…599, headers with lower-case names, and at most the first few KiB of the answer's text. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
};

/** The one way out: an HTTP client that follows no redirect and reads answers to a bound.
 * Rejects when there was no answer (refused, reset, timeout); `http.ts` of `packages/outputs` tells what each rejection means. */
export type HttpClient = {
  post(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
};

/** A configured destination. */
export type Output = {
  readonly name: string;
  /** One attempt. MUST end soon after `signal` aborts. A rejection is taken for a bug of ours and tried again like a `retry`. */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult>;
};

/** What an output may use of the outside world. */
export type OutputDeps = {
  readonly http: HttpClient;
  /** Writes one line to standard output. Resolves once the operating system has it; rejects when it cannot be written, or with the signal's reason. */
  readonly writeLine: (line: string, signal: AbortSignal) => Promise<void>;
  /** ms since the epoch. */
  readonly now: () => number;
};

/** The code behind the `type:` of an output stanza. `S` holds every key but `name`, `type` and those of `DeliverySettings`. */
export type OutputType<S extends TSchema = TSchema, D = unknown> = {
  readonly type: string;
  readonly settings: S;
  create(options: { name: string; settings: D; deps: OutputDeps }): Output;
};
