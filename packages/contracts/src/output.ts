import type { TSchema } from 'typebox';
import type { Delivery, DeliveryResult } from './delivery.ts';

export type HttpRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** Aborts on the attempt's timeout and when the process stops. */
  readonly signal: AbortSignal;
};

/** Status 200–599, headers in lower case, the start of the text. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
};

/** Follows no redirect and reads a bounded part of the answer. Rejects if there was no answer. */
export type HttpClient = {
  post(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
};

/** A server that an output sends to. Holds no secret. */
export type Endpoint = { readonly host: string; readonly port: number; readonly tls: boolean };

export type Output = {
  readonly name: string;
  /** For looking at them without delivering. Absent: it sends to no server. */
  readonly endpoints?: () => readonly Endpoint[];
  /** One attempt. MUST end soon after `signal` aborts. A rejection is a bug of ours and is retried. */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult>;
};

export type OutputDeps = {
  readonly http: HttpClient;
  /**
   * Resolves once the operating system has the line. Rejects if it cannot be written or the signal aborts.
   */
  readonly writeLine: (line: string, signal: AbortSignal) => Promise<void>;
  /** ms since the epoch. */
  readonly now: () => number;
  /** The `type:` of the source with this name. Undefined if the settings no longer have it. */
  readonly sourceTypeOf: (source: string) => string | undefined;
};

/**
 * The code behind an output's `type:`. `S` holds every key but `name`, `type` and those of
 * `DeliverySettings`.
 */
export type OutputType<S extends TSchema = TSchema, D = unknown> = {
  readonly type: string;
  readonly settings: S;
  create(options: { name: string; settings: D; deps: OutputDeps }): Output;
};
