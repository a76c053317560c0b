import { createTcpProxy, testRedis, createInstallation, interfaceSettings, postCallback, taskBody } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';

const body = taskBody({ taskStatus: 1 });

/** Ingress and worker whose connections to Redis can be forgotten. */
async function install() {
  const { url, prefix } = testRedis();
  const network = await createTcpProxy({ port: Number(new URL(url).port) });
  onTestFinished(() => network.close());
  const installation = await createInstallation({
    redisUrl: `redis://127.0.0.1:${network.port}`,
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix, ingress: 'enqueueTimeout: 2s' }),
  });
  return { network, ...installation };
}

it('ingress and worker leave connections to Redis on which nothing comes any more, and go on with new ones', async () => {
  const { network, sink, startIngress, startWorker } = await install();
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  const post = (requestID: string, text = body) => postCallback({ ingress: ingress.url, requestID, body: text });
  await post('before');
  await worker.process.line('delivered');

  network.forget();
  const unfit = taskBody({ taskID: 1 });
  expect(await Promise.all([post('forgotten'), post('unfit', unfit)])).toMatchObject([{ status: 503 }, { status: 503 }]);
  const soon = { timeout: 20_000, interval: 50 };
  await vi.waitFor(async () => expect(await post('after')).toMatchObject({ status: 200 }), soon);
  await vi.waitFor(async () => expect(await post('unfit', unfit)).toMatchObject({ status: 400 }), soon);
  const ids = () => sink.requests.map(({ body: text }) => String(JSON.parse(String(text)).requestID));
  // BullMQ waits for jobs for up to 11 s, so silence means nothing before.
  await vi.waitFor(() => expect(ids()).toContain('after'), { timeout: 30_000, interval: 50 });
  expect(ids()).not.toContain('forgotten');
  for (const { process } of [ingress, worker]) {
    expect(process.lines).toContainEqual(expect.objectContaining({ code: 'RB_REDIS_UNAVAILABLE', msg: 'redis is away' }));
    await process.line('redis is back');
  }
}, 180_000);
