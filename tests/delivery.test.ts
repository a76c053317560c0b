import { testRedis, createInstallation, interfaceSettings, SIGNING_SECRET, postCallback, taskBody } from '@ringback/testkit';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, vi } from 'vitest';

function install({ worker = '' } = {}) {
  const { url, prefix } = testRedis();
  return createInstallation({ redisUrl: url, settings: (crmUrl) => interfaceSettings({ crmUrl, prefix, worker }) });
}

const arrived = (count: number, requests: readonly unknown[]) =>
  vi.waitFor(() => expect(requests).toHaveLength(count), { timeout: 20_000, interval: 20 });

describe('a signed callback', () => {
  it('is acked, and arrives once at the webhook, signed, with its body untouched, and at Slack', async () => {
    const { sink, startIngress, startWorker } = await install();
    const [ingress] = await Promise.all([startIngress(), startWorker()]);
    const odd = ', "big": 12345678901234567890, "rate": 1.10, "text": "\\u0026 牛小信😀" }';
    const body = taskBody().replace(/\}$/, odd);

    const answer = await postCallback({ ingress: ingress.url, requestID: 'one', body });
    expect(answer).toMatchObject({ status: 200, body: { retCode: 0, responseID: expect.stringMatching(/^[\w-]{36}$/) } });

    await arrived(2, sink.requests);
    const webhook = sink.requests.filter(({ path }) => path === '/hook');
    const slack = sink.requests.filter(({ path }) => path === '/slack');
    expect([webhook.length, slack.length]).toEqual([1, 1]);
    const text = String(webhook[0]?.body);
    const headers = webhook[0]?.headers as Record<string, string>; // none of the three is sent twice
    expect(text).toContain(`"data":${body}`);
    expect(new Webhook(SIGNING_SECRET).verify(text, headers)).toMatchObject({
      type: 'callbot.task.completed',
      requestID: 'one',
      source: 'callbot',
    });
    expect(JSON.parse(String(slack[0]?.body))).toMatchObject({
      text: expect.stringContaining('t-0001'),
      blocks: expect.any(Array),
    });
  });

  it('goes only where its routes lead', async () => {
    const { sink, startIngress, startWorker } = await install();
    const [ingress] = await Promise.all([startIngress(), startWorker()]);
    await postCallback({ ingress: ingress.url, requestID: 'running', body: taskBody({ taskStatus: 2 }) });
    await postCallback({ ingress: ingress.url, requestID: 'done', body: taskBody({ taskStatus: 3 }) });
    await arrived(3, sink.requests);
    expect(sink.requests.map(({ path }) => path).toSorted()).toEqual(['/hook', '/hook', '/slack']);
  });

  it('is delivered once, although it comes a hundred times at once to two ingresses with three workers', async () => {
    const { sink, startIngress, startWorker } = await install();
    const [one, two] = await Promise.all([startIngress(), startIngress()]);
    const workers = await Promise.all([startWorker(), startWorker(), startWorker()]);
    const body = taskBody({ taskStatus: 1 });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        postCallback({ ingress: index % 2 ? one.url : two.url, requestID: 'same', body }),
      ),
    );
    expect(answers.map(({ body: { retCode } }) => retCode)).toEqual(Array.from({ length: 100 }, () => 0));
    const dispatched = () => workers.flatMap(({ process }) => process.lines.filter(({ msg }) => msg === 'batch dispatched'));
    await vi.waitFor(() => expect(sum(dispatched().map(({ callbacks }) => callbacks))).toBe(100), {
      timeout: 20_000,
      interval: 20,
    });
    expect(sum(dispatched().map(({ deliveries }) => (deliveries as { crm?: number }).crm ?? 0))).toBe(1);
    await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(0), { timeout: 20_000, interval: 20 });
    await Promise.all(workers.map(({ process }) => process.stop()));
    expect(sink.requests.map(requestIDOf)).toEqual(['same']);
  });

  it('is tried again under the same id while the destination fails, and leaves no dead letter when it arrives', async () => {
    const { sink, startIngress, startWorker } = await install();
    sink.answer((count) => (count <= 3 ? 500 : 200));
    const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
    expect(await postCallback({ ingress: ingress.url, requestID: 'one', body: taskBody({ taskStatus: 1 }) })).toMatchObject({
      status: 200,
    });
    await worker.process.line('delivered');
    expect(sink.requests).toHaveLength(4);
    expect(new Set(sink.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(worker.process.lines.filter(({ code }) => code === 'RB_DELIVERY_DEAD')).toEqual([]);
  });

  it('arrives, with 499 others, although the worker is killed meanwhile', async () => {
    const { sink, startIngress, startWorker } = await install({ worker: 'lockDuration: 2s' });
    const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
    sink.answer((count) => (count <= 100 ? 200 : 'hang'));
    const ids = Array.from({ length: 500 }, (_, index) => `r${index}`);
    const body = taskBody({ taskStatus: 1 });
    const answers = await Promise.all(ids.map((requestID) => postCallback({ ingress: ingress.url, requestID, body })));
    expect(answers.filter(({ body: { retCode } }) => retCode !== 0)).toEqual([]);
    await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(110), { timeout: 20_000, interval: 20 });
    await worker.process.stop('SIGKILL');
    const hung = new Set(sink.requests.slice(100));
    sink.answer(200);
    await startWorker();
    const missing = () => {
      const answered = new Set(sink.requests.filter((request) => !hung.has(request)).map(requestIDOf));
      return ids.filter((id) => !answered.has(id));
    };
    await vi.waitFor(() => expect(missing()).toEqual([]), { timeout: 25_000, interval: 100 });
  }, 180_000);
});

const sum = (counts: readonly unknown[]) => counts.reduce<number>((total, count) => total + Number(count), 0);

function requestIDOf({ body }: { body: Buffer }): string {
  const { requestID } = JSON.parse(String(body)) as { requestID: string }; // what the webhook output sends
  return requestID;
}
