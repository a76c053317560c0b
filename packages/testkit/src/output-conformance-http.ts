import type { DeliveryResult, Failure, HttpClient } from '@ringback/contracts';
import { expect, it, vi } from 'vitest';
import { createSink } from './http-sink.ts';
import { type Bench, type HttpSending, IDEMPOTENCY_KEY, NOW } from './output-bench.ts';

export function describeHttpConformance({ idempotencyHeader }: HttpSending, bench: Bench): void {
  describeAnswers(bench);
  describeRetryAfter(bench);
  describeNetworkFailures(bench);
  describeDeadline(bench);
  describeBounds(bench);
  describeAttempts(idempotencyHeader, bench);
  describeLeaks(bench);
}

const PASSING_REFUSALS: readonly number[] = [408, 425, 429];

const UNAVAILABLE: readonly number[] = [429, 502, 503, 504];

function expectedFailure(status: number): Failure | undefined {
  if (expectedOutcome(status) !== 'retry') return undefined;
  return UNAVAILABLE.includes(status) ? 'unavailable' : 'error';
}

function expectedOutcome(status: number): DeliveryResult['outcome'] {
  if (status < 300) return 'delivered';
  return status >= 500 || PASSING_REFUSALS.includes(status) ? 'retry' : 'dead';
}

function describeAnswers({ sink, createOutput, attempt }: Bench): void {
  it('turns every status from 200 to 599 into the outcome that the house’s retry table says', async () => {
    const statuses = Array.from({ length: 400 }, (_, index) => 200 + index);
    const output = createOutput();
    sink().answer((count) => statuses[count - 1] ?? 200);
    const outcomes: [number | undefined, DeliveryResult['outcome'], Failure | undefined][] = [];
    for (const _ of statuses) {
      const result = await attempt(output);
      outcomes.push([result.status, result.outcome, result.outcome === 'retry' ? result.failure : undefined]);
    }
    expect(outcomes).toEqual(statuses.map((status) => [status, expectedOutcome(status), expectedFailure(status)]));
    expect(sink().requests).toHaveLength(400);
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i)', async (status) => {
    const target = await createSink();
    sink().answer({ status, headers: { location: `${target.url}/elsewhere` } });
    const result = await attempt(createOutput());
    const seen = target.requests.length;
    await target.close();
    expect(result).toEqual({ outcome: 'dead', reason: `redirects are not followed: HTTP ${status}`, status });
    expect(seen).toBe(0);
  });
}

const DAY_MS = 86_400_000;
const httpDate = (time: number) => new Date(time).toUTCString();

function describeRetryAfter({ sink, createOutput, attempt }: Bench): void {
  const cases: [header: string, afterMs: number | undefined][] = [
    ['7', 7000],
    ['0', 0],
    [httpDate(NOW + 60_000), 60_000],
    [httpDate(NOW - 60_000), 0],
    ['99999999999999999999', DAY_MS],
    [httpDate(NOW + 30 * DAY_MS), DAY_MS],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['Fri, 99 Foo 2026 99:99:99 GMT', undefined],
    ['', undefined],
  ];

  it.each(cases)('reads Retry-After %j as %j ms', async (header, afterMs) => {
    const output = createOutput();
    for (const status of [429, 503]) {
      sink().answer({ status, headers: { 'retry-after': header } });
      expect(await attempt(output)).toStrictEqual({
        outcome: 'retry',
        failure: 'unavailable',
        reason: `HTTP ${status}`,
        status,
        ...(afterMs !== undefined && { afterMs }),
      });
    }
  });
}

function describeNetworkFailures({ sink, createOutput, attempt, urlAt }: Bench): void {
  it.each(['reset', 'cut'] as const)('tries again when the connection is lost: %s', async (misbehaviour) => {
    sink().answer(misbehaviour);
    expect(await attempt(createOutput())).toEqual({ outcome: 'retry', failure: 'unavailable', reason: 'connection reset' });
    expect(sink().requests).toHaveLength(1);
  });

  it('tries again when nothing listens at the port', async () => {
    const gone = await createSink();
    await gone.close();
    const result = await attempt(createOutput({ url: urlAt(gone.url) }));
    expect(result).toEqual({ outcome: 'retry', failure: 'unavailable', reason: 'connection refused' });
  });

  it('tries again when the host’s name is not found', async () => {
    // A label of more than 63 characters: the resolver refuses it without a request.
    const url = urlAt(`http://${'x'.repeat(64)}.invalid`);
    expect(await attempt(createOutput({ url }))).toEqual({ outcome: 'retry', failure: 'unavailable', reason: 'host not found' });
  });

  it('delivers again once the destination is back', async () => {
    const output = createOutput();
    sink().answer((count) => (count === 1 ? 'reset' : 200));
    expect(await attempt(output)).toMatchObject({ outcome: 'retry' });
    expect(await attempt(output)).toMatchObject({ outcome: 'delivered' });
  });
}

function describeDeadline({ sink, createOutput, attempt }: Bench): void {
  const abortions = [
    ['timeout', new DOMException('too slow', 'TimeoutError')],
    ['aborted', new DOMException('stopping', 'AbortError')],
  ] as const;

  it.each(abortions)('ends with the signal when no answer comes: %s', async (reason, cause) => {
    sink().answer('hang');
    const controller = new AbortController();
    const result = attempt(createOutput(), { signal: controller.signal });
    await vi.waitFor(() => expect(sink().requests).toHaveLength(1));
    controller.abort(cause);
    expect(await result).toEqual({ outcome: 'retry', failure: 'unavailable', reason });
  });

  it.each(abortions)('ends with the signal while the answer drips: %s', async (reason, cause) => {
    sink().answer('drip');
    const controller = new AbortController();
    const result = attempt(createOutput(), { signal: controller.signal });
    await vi.waitFor(() => expect(sink().bytesSent()).toBeGreaterThan(5));
    controller.abort(cause);
    expect(await result).toEqual({ outcome: 'retry', failure: 'unavailable', reason });
  });

  it('sends nothing once the signal has aborted', async () => {
    const output = createOutput();
    expect(await attempt(output, { signal: AbortSignal.abort() })).toEqual({
      outcome: 'retry',
      failure: 'unavailable',
      reason: 'aborted',
    });
    await attempt(output);
    expect(sink().requests).toHaveLength(1);
  });
}

const MIB = 1024 ** 2;

function describeBounds({ sink, createOutput, attempt }: Bench): void {
  it('does not download an answer of 100 MiB', async () => {
    sink().answer({ huge: 100 * MIB });
    expect(await attempt(createOutput())).toMatchObject({ outcome: 'delivered' });
    // Socket buffers on both sides hold megabytes.
    expect(sink().bytesSent()).toBeLessThan(32 * MIB);
  });
}

function describeAttempts(idempotencyHeader: string | undefined, { sink, createOutput, attempt }: Bench): void {
  it('sends the same body in every attempt, and the same idempotency key where there is one', async () => {
    sink().answer((count) => (count < 3 ? 500 : 200));
    const output = createOutput();
    for (const number of [1, 2, 3]) await attempt(output, { attempt: number });
    const [first, ...repeats] = sink().requests;
    expect(first?.method).toBe('POST');
    expect(first?.body.length).toBeGreaterThan(0);
    expect(repeats).toHaveLength(2);
    for (const repeat of repeats) expect(repeat.body).toEqual(first?.body);
    if (idempotencyHeader === undefined) return;
    for (const { headers } of sink().requests) expect(headers[idempotencyHeader]).toBe(IDEMPOTENCY_KEY);
  });
}

/** `attempt` checks each result for leaks; here the destination provokes them. */
function describeLeaks({ sink, createOutput, attempt }: Bench): void {
  it.each([200, 302, 400, 410, 429, 500])('repeats nothing of an answer that quotes the request back (%i)', async (status) => {
    sink().answer((_count, { path, headers, body }) => ({
      status,
      body: `${path}\n${JSON.stringify(headers)}\n${body.toString()}`,
    }));
    expect(await attempt(createOutput())).toMatchObject({ outcome: expectedOutcome(status) });
  });

  it('repeats nothing of an error that quotes the request', async () => {
    const http: HttpClient = {
      post: async ({ url, headers, body }) => {
        const text = `${url} ${JSON.stringify(headers)} ${body.toString()}`;
        throw Object.assign(new Error(text, { cause: new Error(text) }), { code: text });
      },
      close: () => Promise.resolve(),
    };
    expect(await attempt(createOutput({ http }))).toEqual({ outcome: 'retry', failure: 'unavailable', reason: 'request failed' });
  });
}
