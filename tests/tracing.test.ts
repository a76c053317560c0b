import {
  type AppProcess,
  createInstallation,
  createOtlpReceiver,
  interfaceSettings,
  type OtlpReceiver,
  PHONE,
  postCallback,
  type ReceivedSpan,
  SAMPLE_ACCOUNT,
  SIGNING_SECRET,
  taskBody,
  testCallback,
  testRedis,
} from '@ringback/testkit';
import { Queue } from 'bullmq';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SENDER = `00-${TRACE}-b7ad6b7169203331`;
const DEADLINE = { timeout: 60_000, interval: 20 };
const NODE_OPTIONS = `--import ${new URL('loaded-modules.mjs', import.meta.url).href}`;

async function start(tracing: (receiver: OtlpReceiver) => string) {
  const { url, prefix } = testRedis();
  const receiver = await createOtlpReceiver();
  onTestFinished(() => receiver.close());
  const settings = (sinkUrl: string) =>
    interfaceSettings({ crmUrl: sinkUrl, prefix, ingress: 'drainDelay: 0s' })
      .replace('/hook', '/hook?token=s3cret')
      .concat(tracing(receiver));
  // From the sources: bundled, the modules of OpenTelemetry have no names of their own.
  const options = { redisUrl: url, settings, env: { NODE_OPTIONS }, sources: true };
  const { sink, startIngress, startWorker } = await createInstallation(options);
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  const post = (requestID: string, callback: { body?: string; headers?: Record<string, string> } = {}) =>
    postCallback({ ingress: ingress.url, requestID, body: taskBody({ taskStatus: 1 }), ...callback });
  const stop = () => Promise.all([ingress.process.stop(), worker.process.stop()]);
  const queue = (name: string) => openQueue({ name, url, prefix });
  return { receiver, sink, post, stop, queue, processes: [ingress.process, worker.process] };
}

function openQueue({ name, url, prefix }: { name: string; url: string; prefix: string }): Queue {
  const queue = new Queue(name, { connection: { url }, prefix });
  onTestFinished(() => queue.close());
  return queue;
}

const arrived = (count: number, of: readonly unknown[]) =>
  vi.waitFor(() => expect(of.length).toBeGreaterThanOrEqual(count), DEADLINE);
const named = (spans: readonly ReceivedSpan[], name: string) =>
  spans.filter((span) => span.name === name).toSorted((a, b) => a.startedAt - b.startedAt);
const linesWith = (processes: readonly AppProcess[], key: string) =>
  processes.flatMap(({ lines }) => lines.filter((line) => line[key] !== undefined));
/** Modules of OpenTelemetry. */
const loaded = (processes: readonly AppProcess[]) =>
  processes.map(({ output }) => output.filter((line) => line.startsWith('loaded ')).length);

describe('traces', () => {
  it('show one callback with two outputs and a retry as one tree, below the sender’s span', async () => {
    const { sink, receiver, post, queue, processes } = await start(({ url }) => `tracing: { endpoint: "${url}" }\n`);
    let failures = 0;
    sink.answer((_count, { path }) => (path.startsWith('/hook') && failures++ === 0 ? 503 : 200));
    const headers = { traceparent: `${SENDER}-01`, tracestate: 'vendor=1' };
    await post('one', { body: taskBody({ userPhone: PHONE }), headers });
    await arrived(5, receiver.spans);

    const { spans } = receiver;
    const [request] = named(spans, 'POST /api/v3/taskCallback');
    const [dispatch] = named(spans, 'dispatch');
    const [slack] = named(spans, 'deliver ops');
    const [first, retry] = named(spans, 'deliver crm');
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    expect(request).toMatchObject({
      kind: 'server',
      parentSpanId: 'b7ad6b7169203331',
      events: ['verified'],
      status: {},
      attributes: {
        'http.response.status_code': 200,
        'http.route': '/api/v3/taskCallback',
        'ringback.source': 'callbot',
      },
      resource: {
        'service.name': 'ringback',
        'ringback.app': 'ingress',
      },
    });
    for (const below of [dispatch, slack, first, retry]) {
      expect(below).toMatchObject({ parentSpanId: request?.spanId, resource: { 'ringback.app': 'worker' } });
      expect(below?.attributes).toMatchObject({ 'ringback.request.id': 'one', 'ringback.type': 'callbot.task.completed' });
    }
    const routed = { 'ringback.result': 'routed', 'ringback.outputs': ['crm', 'ops'] };
    expect(dispatch).toMatchObject({ kind: 'consumer', attributes: routed });
    const delivered = { 'ringback.outcome': 'delivered', 'http.response.status_code': 200 };
    expect(slack).toMatchObject({
      kind: 'client',
      attributes: { 'ringback.output': 'ops', 'ringback.attempt': 1, ...delivered },
    });
    const failed = { 'ringback.attempt': 1, 'ringback.outcome': 'retry', 'ringback.reason': 'unavailable', 'error.type': '503' };
    expect(first).toMatchObject({ attributes: failed, status: { code: 2, message: expect.stringContaining('503') } });
    expect(retry).toMatchObject({ attributes: { 'ringback.attempt': 2, ...delivered }, status: {} });

    const hooks = sink.requests.filter(({ path }) => path.startsWith('/hook'));
    const own = [first, retry].map((span) => [`00-${TRACE}-${span?.spanId}-01`, 'vendor=1']);
    expect(hooks.map((hook) => [hook.headers['traceparent'], hook.headers['tracestate']])).toEqual(own);
    expect(sink.requests.find(({ path }) => path === '/slack')?.headers).not.toHaveProperty('traceparent');
    const told = linesWith(processes, 'trace').map(({ msg, trace }) => [msg, trace]);
    expect(told).toEqual(expect.arrayContaining(['callback acked', 'attempt failed', 'delivered'].map((msg) => [msg, TRACE])));
    for (const hidden of [PHONE, 's3cret', SAMPLE_ACCOUNT.secret, SIGNING_SECRET, 't-0001', sink.url])
      expect(receiver.text()).not.toContain(hidden);
    // So that the count of none, below, means something.
    expect(Math.min(...loaded(processes))).toBeGreaterThan(10);

    await post('wrong', { headers: { ...headers, sign: 'F'.repeat(32) } });
    await post('unfit', { body: '{"callbackType":1}', headers });
    await arrived(7, spans);
    const refusedBy = (code: string) => spans.find(({ attributes }) => attributes['error.type'] === code);
    const [wrong, unfit] = ['RB_SIGN_MISMATCH', 'RB_BODY_INCOMPLETE'].map(refusedBy);
    // A stranger writes into nobody's trace.
    expect(wrong).toMatchObject({ parentSpanId: '', links: [{ traceId: TRACE, spanId: 'b7ad6b7169203331' }] });
    expect(wrong?.traceId).not.toBe(TRACE);
    expect(unfit).toMatchObject({ traceId: TRACE, attributes: { 'ringback.request.id': 'unfit' } });

    const callback = { ...testCallback('damaged'), body: 7, traceparent: `${SENDER}-01` };
    const { source, account, type } = callback;
    await Promise.all([
      queue('output.crm').add('single', { v: 1, kind: 'single', batch: 'b', callback, priorAttempts: 1 }),
      queue('callbacks').add('batch', { v: 1, groups: [{ source, account, type, callbacks: [callback] }] }, { jobId: 'damaged' }),
    ]);
    await arrived(9, spans);
    const ended = { 'ringback.request.id': 'damaged', 'ringback.output': 'crm', 'ringback.outcome': 'dead' };
    expect(named(spans, 'dead letter crm')).toMatchObject([
      {
        traceId: TRACE,
        parentSpanId: 'b7ad6b7169203331',
        kind: 'internal',
        attributes: { ...ended, 'ringback.batch': 'b', 'error.type': 'RB_PAYLOAD_INVALID' },
        status: { code: 2, message: 'RB_PAYLOAD_INVALID' },
      },
    ]);
    expect(spans.find(({ attributes }) => attributes['ringback.batch'] === 'damaged')).toMatchObject({
      name: 'dispatch',
      events: ['dead letter'],
      attributes: { 'ringback.request.id': 'damaged', 'error.type': 'RB_PAYLOAD_INVALID' },
    });
  });

  it('are not made where nothing is sampled, and the destination still learns of the sender’s', async () => {
    const { sink, receiver, post, stop } = await start(({ url }) => `tracing: { endpoint: "${url}", sample: 0 }\n`);
    const hostile = ['0'.repeat(8000), `${SENDER}-01-more`, `00-${'0'.repeat(32)}-b7ad6b7169203331-01`];
    for (const [n, traceparent] of [`${SENDER}-00`, ...hostile].entries())
      expect(await post(`r${n}`, { headers: { traceparent, tracestate: 'x'.repeat(4000) } })).toMatchObject({ status: 200 });
    expect(await post('plain')).toMatchObject({ status: 200 });
    await arrived(5, sink.requests);
    expect(await stop()).toEqual([0, 0]);
    expect(receiver.requests).toEqual([]);
    const sent = (name: string) => sink.requests.flatMap(({ headers }) => headers[name] ?? []);
    expect([sent('traceparent'), sent('tracestate')]).toEqual([[`${SENDER}-00`], []]);
  });

  it('hold nothing up while their receiver is away, and say so once', async () => {
    const { sink, post, stop, processes } = await start(() => 'tracing: { endpoint: "http://127.0.0.1:9" }\n');
    const count = 200;
    await Promise.all(Array.from({ length: count }, (_, n) => post(`r${n}`)));
    await arrived(count, sink.requests);
    const told = () => processes.map(({ lines }) => lines.filter(({ code }) => code === 'RB_TRACES_LOST').length);
    await vi.waitFor(() => expect(told()).toEqual([1, 1]), DEADLINE);
    expect(await stop()).toEqual([0, 0]);
    expect(told()).toEqual([1, 1]);
    expect(sink.requests).toHaveLength(count);
  });

  it('cost nothing without their section: no module of OpenTelemetry is loaded, and no header is passed on', async () => {
    const { sink, post, processes } = await start(() => '');
    await post('one', { headers: { traceparent: `${SENDER}-01` } });
    await arrived(1, sink.requests);
    expect(sink.requests[0]?.headers).not.toHaveProperty('traceparent');
    expect(linesWith(processes, 'trace')).toEqual([]);
    expect(loaded(processes)).toEqual([0, 0]);
  });
});
