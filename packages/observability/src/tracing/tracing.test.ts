import type { Logger } from '@ringback/contracts';
import { createOtlpReceiver } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createMetrics } from '../metrics/metrics.ts';
import { countSpans } from '../metrics/spans.ts';
import { openTracing, type Tracing } from './tracing.ts';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const DEADLINE = { timeout: 30_000, interval: 10 };

type Line = { readonly level: string; readonly msg: string } & Readonly<Record<string, unknown>>;

function logInto(lines: Line[]): Logger {
  const at = (level: string) => (fields: object, msg: string) => void lines.push({ ...fields, level, msg });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

type Opening = { readonly sample?: number; readonly endpoint?: string; readonly mask?: (line: string) => string };

async function open({ sample = 1, endpoint, mask }: Opening = {}) {
  const receiver = await createOtlpReceiver();
  onTestFinished(() => receiver.close());
  const lines: Line[] = [];
  const settings = { endpoint: endpoint ?? receiver.url, sample, service: 'ringback' };
  const tracing = await openTracing({ settings, app: 'worker', version: '1.2.3', mask, logger: logInto(lines) });
  if (!tracing) throw new Error('there is a section');
  onTestFinished(async () => void (await tracing.close()));
  return { tracing, receiver, lines };
}

function trace(tracing: Tracing, parent?: string) {
  const span = tracing.start({
    name: 'one',
    kind: 'server',
    parent: parent === undefined ? undefined : { traceparent: parent },
    attributes: {},
  });
  span?.end({ attributes: { done: true } });
  return span;
}

it('is nothing without settings', async () => {
  expect(await openTracing({ settings: undefined, app: 'worker', version: '1', logger: logInto([]) })).toBeUndefined();
});

it('exports spans with their parent, kind, times, events, attributes and status', async () => {
  const { tracing, receiver } = await open();
  const began = performance.now() - 50;
  const parent = tracing.read({ traceparent: [PARENT], tracestate: ['a=1', 'b=2'] });
  const span = tracing.start({ name: 'one', kind: 'client', parent, startedAt: began, attributes: { n: 1, list: ['x'] } });
  span?.event('half');
  span?.end({ attributes: { more: 'y' }, failed: 'HTTP 500' });
  expect(span?.headers).toEqual({ traceparent: expect.stringMatching(`^00-${TRACE}-[0-9a-f]{16}-01$`), tracestate: 'a=1,b=2' });
  expect(await tracing.close()).toBe(true);
  const [sent] = receiver.spans;
  const resource = { 'service.name': 'ringback', 'service.version': '1.2.3', 'ringback.app': 'worker' };
  expect(receiver.spans).toHaveLength(1);
  expect(sent).toMatchObject({
    traceId: TRACE,
    parentSpanId: 'b7ad6b7169203331',
    name: 'one',
    kind: 'client',
    events: ['half'],
    resource,
  });
  expect(sent).toMatchObject({ attributes: { n: 1, list: ['x'], more: 'y' }, status: { code: 2, message: 'HTTP 500' } });
  expect((sent?.endedAt ?? 0) - (sent?.startedAt ?? 0)).toBeGreaterThanOrEqual(50);
  expect(Math.abs((sent?.endedAt ?? 0) - Date.now())).toBeLessThan(60_000);
});

it('begins a trace of its own, with a link, where there is no parent', async () => {
  const { tracing, receiver } = await open();
  tracing.start({ name: 'one', kind: 'server', link: { traceparent: PARENT }, attributes: {} })?.end({ attributes: {} });
  await tracing.close();
  expect(receiver.spans).toMatchObject([{ parentSpanId: '', links: [{ traceId: TRACE, spanId: 'b7ad6b7169203331' }] }]);
  expect(receiver.spans[0]?.traceId).not.toBe(TRACE);
});

it('samples its own traces, and leaves it to the sender for others', async () => {
  const { tracing, receiver } = await open({ sample: 0 });
  expect(trace(tracing)).toBeUndefined();
  expect(trace(tracing, PARENT.replace(/01$/, '00'))).toBeUndefined();
  expect(trace(tracing, PARENT)).toBeDefined();
  await tracing.close();
  expect(receiver.spans.map(({ traceId }) => traceId)).toEqual([TRACE]);
});

it.each([
  ['nothing', undefined],
  ['none', []],
  ['two', [PARENT, PARENT]],
  ['no version', [PARENT.slice(3)]],
  ['version ff', [PARENT.replace(/^00/, 'ff')]],
  ['capitals', [PARENT.toUpperCase()]],
  ['a trace of zeros', [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`]],
  ['a span of zeros', [`00-${TRACE}-${'0'.repeat(16)}-01`]],
  ['more after version 00', [`${PARENT}-more`]],
  ['a huge one', [`cc${PARENT.slice(2)}-${'x'.repeat(15_000)}`]],
  ['another alphabet', ['00-０af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']],
])('takes no context from a traceparent with %s', async (_what, traceparent) => {
  const { tracing } = await open();
  expect(tracing.read({ traceparent, tracestate: ['a=1'] })).toBeUndefined();
});

it('takes what a later version has in common, and no more of a tracestate than the specification allows', async () => {
  const { tracing } = await open();
  expect(tracing.read({ traceparent: [`01${PARENT.slice(2)}-more`] })).toEqual({ traceparent: PARENT });
  const member = (n: number) => `k${n}=${'v'.repeat(20)}`;
  const long = Array.from({ length: 600 }, (_, n) => member(n)).join(',');
  const { tracestate = '' } = tracing.read({ traceparent: [PARENT], tracestate: [long] }) ?? {};
  expect(tracestate.length).toBeLessThanOrEqual(512);
  expect(tracestate.split(',').length).toBeLessThanOrEqual(32);
  expect(tracing.read({ traceparent: [PARENT], tracestate: ['A B,=,x\u0000=1'] })).toEqual({ traceparent: PARENT });
});

it('counts what a receiver that is away does not take, tells it once, and goes on when it is back', async () => {
  const { tracing, receiver, lines } = await open();
  receiver.answer(400);
  for (const lost of [1, 2]) {
    trace(tracing);
    await vi.waitFor(() => expect(tracing.counts()).toEqual({ sent: 0, lost }), DEADLINE);
  }
  receiver.answer(200);
  trace(tracing);
  await vi.waitFor(() => expect(tracing.counts()).toEqual({ sent: 1, lost: 2 }), DEADLINE);
  expect(lines).toEqual([
    expect.objectContaining({ level: 'warn', code: 'RB_TRACES_LOST', endpoint: receiver.url, problem: 'HTTP 400' }),
    expect.objectContaining({ level: 'info', msg: 'traces are taken again', spansLost: 2 }),
  ]);
});

it('shows on the page of metrics how many were sent and lost; without tracing, none', async () => {
  const { tracing, receiver } = await open();
  const metrics = createMetrics({ app: 'worker', version: '1' });
  countSpans(metrics, tracing);
  for (const status of [400, 200, 200]) {
    receiver.answer(status);
    const { sent, lost } = tracing.counts();
    trace(tracing);
    await vi.waitFor(() => expect(tracing.counts().sent + tracing.counts().lost).toBe(sent + lost + 1), DEADLINE);
  }
  const page = await metrics.text();
  expect(page).toContain('ringback_spans_total{result="sent"} 2');
  expect(page).toContain('ringback_spans_total{result="lost"} 1');
  const off = createMetrics({ app: 'worker', version: '1' });
  countSpans(off, undefined);
  expect(await off.text()).toContain('ringback_spans_total{result="lost"} 0');
});

it('bounds its buffer and the wait at the end, if nothing listens', async () => {
  const { tracing } = await open({ endpoint: 'http://127.0.0.1:9' });
  for (let n = 0; n < 20_000; n += 1) trace(tracing);
  expect(tracing.counts().lost).toBeGreaterThan(10_000);
  expect(await tracing.close()).toBe(false);
});

it('masks what senders name as log lines do', async () => {
  const mask = (line: string) => line.replaceAll('8613812345678', '861****5678').replace('"account":"A"', '"account":null');
  const { tracing, receiver } = await open({ mask });
  const ofPerson = 'a"b 8613812345678';
  const attributes = { 'ringback.request.id': ofPerson, 'ringback.account': 'A', 'http.route': ofPerson };
  const span = tracing.start({ name: 'one', kind: 'server', attributes });
  span?.end({ attributes: { 'ringback.type': ofPerson }, failed: ofPerson });
  await tracing.close();
  const shown = { 'ringback.request.id': 'a"b 861****5678', 'ringback.account': '***', 'ringback.type': 'a"b 861****5678' };
  expect(receiver.spans[0]).toMatchObject({
    attributes: { ...shown, 'http.route': ofPerson },
    status: { message: 'a"b 861****5678' },
  });
});
