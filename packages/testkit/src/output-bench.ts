import { inspect } from 'node:util';
import type { Callback, Delivery, DeliveryResult, HttpClient, Output, OutputType } from '@ringback/contracts';
import { Value } from 'typebox/value';
import { afterEach, beforeEach, expect } from 'vitest';
import { createSink, type Sink } from './http-sink.ts';

export type OutputConformance = {
  readonly type: OutputType;
  /** As in YAML, with every secret set. */
  readonly settings: (url: string) => Record<string, unknown>;
  /** In addition to those of the URL. */
  readonly secrets: readonly string[];
  /** `lines`: the output makes no request. */
  readonly sends: 'lines' | HttpSending;
};

export type HttpSending = {
  readonly createHttpClient: () => HttpClient;
  /** Absent: the destination knows no idempotency key. */
  readonly idempotencyHeader?: string;
};

/** Sink and lines are new for each test. */
export type Bench = {
  readonly sink: () => Sink;
  readonly lines: () => readonly string[];
  /** With secrets in path and query. Default `origin`: the sink. */
  readonly urlAt: (origin?: string) => string;
  readonly createOutput: (options?: { url?: string; http?: HttpClient }) => Output;
  /** Fails if the result shows a secret or personal data. */
  readonly attempt: (output: Output, options?: { signal?: AbortSignal; attempt?: number }) => Promise<DeliveryResult>;
};

export const NOW = Date.parse('2026-03-01T12:00:00Z');
export const URL_SECRETS = ['s3cret-path', 's3cret-query'] as const;
const PERSONAL_DATA = ['8613812345678', 'Zhang Wei'] as const;
export const IDEMPOTENCY_KEY = 'conformance-key-0001';

/** Holds a phone number and a name. */
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

/** The samples' source has the name of its type. */
export const sourceTypeOf = (source: string): string | undefined => (source === 'callbot' ? source : undefined);

/** Call within `describe`. */
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
      return type.create({
        name: 'under-test',
        settings: decoded,
        deps: { http: client, writeLine, now: () => NOW, sourceTypeOf },
      });
    },
    async attempt(output, { signal = new AbortController().signal, attempt = 1 } = {}) {
      const result = await output.deliver(sampleDelivery({}, attempt), signal);
      // The kept answer may hold personal data, but is never logged.
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

/** Looks at every way in which a log or a crash report may print the value. */
export function secretsShown(value: unknown, secrets: readonly string[]): string[] {
  const printed = [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
    JSON.stringify(value),
    String(value),
  ].join('\n');
  return secrets.filter((secret) => printed.includes(secret));
}
