import { inspect } from 'node:util';
import type { Callback, Delivery, DeliveryResult, HttpClient, Output, OutputType } from '@ringback/contracts';
import { Value } from 'typebox/value';
import { afterEach, beforeEach, expect } from 'vitest';
import { createSink, type Sink } from './http-sink.ts';

export type OutputConformance = {
  readonly type: OutputType;
  /** The stanza's own settings as they stand in YAML, for a destination at `url`; every secret setting filled in. */
  readonly settings: (url: string) => Record<string, unknown>;
  /** The secrets among those settings. The suite adds those of the URL. */
  readonly secrets: readonly string[];
  /** `lines` for an output that writes lines and makes no request: the HTTP half does not apply then, and a request fails the suite. */
  readonly sends: 'lines' | HttpSending;
};

export type HttpSending = {
  readonly createHttpClient: () => HttpClient;
  /** The request's header that holds the idempotency key, where the destination knows one. */
  readonly idempotencyHeader?: string;
};

/** What the tests of one suite work with; the sink and the lines are new for each test. */
export type Bench = {
  readonly sink: () => Sink;
  readonly lines: () => readonly string[];
  /** The destination's URL at `origin` (default: the sink), with secrets in path and query. */
  readonly urlAt: (origin?: string) => string;
  readonly createOutput: (options?: { url?: string; http?: HttpClient }) => Output;
  /** One attempt; fails the test when the result shows a secret or personal data. */
  readonly attempt: (output: Output, options?: { signal?: AbortSignal; attempt?: number }) => Promise<DeliveryResult>;
};

/** What the clock of the outputs under test says. */
export const NOW = Date.parse('2026-03-01T12:00:00Z');
/** In every URL that `urlAt` makes. */
export const URL_SECRETS = ['s3cret-path', 's3cret-query'] as const;
const PERSONAL_DATA = ['8613812345678', 'Zhang Wei'] as const;
export const IDEMPOTENCY_KEY = 'conformance-key-0001';

/** A delivery of a call's callback with a phone number and a name in it; `callback` replaces what a test cares about. */
export function sampleDelivery(callback: Partial<Callback> = {}, attempt = 1): Delivery {
  const [userPhone, userName] = PERSONAL_DATA;
  const body = JSON.stringify({ callbackType: 3, orderID: 'o-1', userPhone, userName, finish: true });
  const identity = { id: '6f1c0e2b9d8a4c7f8e5d3b2a1c0f9e8d', source: 'callbot', account: 'account-1', type: 'callbot.call' };
  return {
    callback: { ...identity, time: NOW - 5000, receivedAt: NOW - 4000, body, ...callback },
    output: 'under-test',
    idempotencyKey: IDEMPOTENCY_KEY,
    attempt,
  };
}

/** Everything that the suite's tests need, for the output type under test. Call it inside of `describe`. */
export function createBench({ type, settings, secrets, sends }: OutputConformance): Bench {
  let sink: Sink;
  let http: HttpClient;
  let lines: string[];
  beforeEach(async () => {
    lines = [];
    sink = await createSink();
    http = sends === 'lines' ? NO_HTTP : sends.createHttpClient();
  });
  afterEach(async () => {
    await http.close();
    await sink.close();
  });
  const writeLine = async (line: string) => void lines.push(line);
  const urlAt = (origin = sink.url) => `${origin}/${URL_SECRETS[0]}?token=${URL_SECRETS[1]}`;
  return {
    sink: () => sink,
    lines: () => lines,
    urlAt,
    createOutput({ url = urlAt(), http: client = http } = {}) {
      const decoded = Value.Decode(type.settings, settings(url));
      return type.create({ name: 'under-test', settings: decoded, deps: { http: client, writeLine, now: () => NOW } });
    },
    async attempt(output, { signal = new AbortController().signal, attempt = 1 } = {}) {
      const result = await output.deliver(sampleDelivery({}, attempt), signal);
      // What the destination answered is kept for a person, who may see the callback as well. It is never logged.
      const { answer = '', ...logged } = { answer: undefined, ...result };
      expect(secretsShown(logged, [...secrets, ...URL_SECRETS, ...PERSONAL_DATA])).toEqual([]);
      expect(secretsShown(answer, [...secrets, ...URL_SECRETS])).toEqual([]);
      expect(Buffer.byteLength(answer)).toBeLessThanOrEqual(1024);
      return result;
    },
  };
}

const NO_HTTP: HttpClient = {
  post: () => Promise.reject(new Error('an output that sends lines made a request')),
  close: () => Promise.resolve(),
};

/** Those of `secrets` that show when a value is printed, in whatever way a log or a crash report might do it. */
export function secretsShown(value: unknown, secrets: readonly string[]): string[] {
  const printed = [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
    JSON.stringify(value),
    String(value),
  ].join('\n');
  return secrets.filter((secret) => printed.includes(secret));
}
