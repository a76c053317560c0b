import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { testRedis, createInstallation, interfaceSettings, postCallback, taskBody } from '@ringback/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

const body = taskBody({ taskStatus: 1 });
const DRAIN_DELAY_MS = 500;

function install({ worker = '', destination }: { worker?: string; destination?: string } = {}) {
  const { url, prefix } = testRedis();
  const settings = (sinkUrl: string) =>
    interfaceSettings({ crmUrl: destination ?? sinkUrl, prefix, ingress: `drainDelay: ${DRAIN_DELAY_MS}ms`, worker });
  return createInstallation({ redisUrl: url, settings }).then((installation) => ({ ...installation, url, prefix }));
}

const isReady = (adminUrl: string) =>
  fetch(new URL('/readyz', adminUrl)).then(
    ({ status }) => status === 200,
    () => false,
  );

/** A destination that answers when the test says so. */
async function startPatientDestination() {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => waiting.push(response));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { waiting, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }; // it listens on TCP
}

type Ingress = { readonly url: string; readonly adminUrl: string };

/** A load balancer with a few clients, which go to whichever ingress says that it is ready. */
function createBalancer(ingresses: readonly Ingress[]) {
  const looks = [0, 0, 0];
  const answers: { requestID: string; status: number }[] = [];

  async function chooseReady(client: number): Promise<Ingress | undefined> {
    const candidates = (looks[client] ?? 0) % 2 ? [...ingresses] : ingresses.toReversed();
    const ready = await Promise.all(candidates.map(({ adminUrl }) => isReady(adminUrl)));
    looks[client] = (looks[client] ?? 0) + 1;
    return candidates[ready.indexOf(true)];
  }

  /** Its status; 0 where no ingress was ready. */
  async function send(client: number, requestID: string): Promise<number> {
    for (;;) {
      const lookedAt = performance.now();
      const chosen = await chooseReady(client);
      if (!chosen) return 0;
      try {
        return (await postCallback({ ingress: chosen.url, requestID, body })).status;
      } catch (error) {
        // An ingress that is told to stop promises its drain delay. Who comes later finds it gone, and has to
        // look again.
        if (performance.now() - lookedAt < DRAIN_DELAY_MS) throw error;
      }
    }
  }

  async function sendUntil(done: AbortSignal, client: number): Promise<void> {
    for (let count = 0; !done.aborted; count += 1) {
      const requestID = `c${client}-${count}`;
      answers.push({ requestID, status: await send(client, requestID) });
      await pause(30); // a steady load, which leaves the processes room to start
    }
  }

  return {
    answers,
    load: (done: AbortSignal) => Promise.all(looks.map((_, client) => sendUntil(done, client))),
    /** Waits until each client has looked at what is there now: its next look may have begun before. */
    async hasLooked(): Promise<void> {
      const enough = looks.map((count) => count + 2);
      await vi.waitFor(() => expect(looks.every((count, client) => count >= (enough[client] ?? 0))).toBe(true), 20_000);
    },
  };
}

describe('a rolling restart', () => {
  it('of every process, under load, refuses and loses no callback, and delivers each once', async () => {
    const { sink, startIngress, startWorker } = await install();
    const ingresses = await Promise.all([startIngress(), startIngress()]);
    const workers = await Promise.all([startWorker(), startWorker()]);
    const balancer = createBalancer(ingresses);
    const done = new AbortController();

    async function restartIngresses(): Promise<(number | null)[]> {
      const codes: (number | null)[] = [];
      for (const [index, { process }] of ingresses.entries()) {
        codes.push(await process.stop());
        ingresses[index] = await startIngress();
        // Who looked when the new one was not yet up would find the other one stopping: nothing ready.
        await balancer.hasLooked();
      }
      return codes;
    }
    async function restartWorkers(): Promise<(number | null)[]> {
      const codes: (number | null)[] = [];
      for (const { process } of workers) {
        codes.push(await process.stop());
        await startWorker();
      }
      return codes;
    }
    const restarts = Promise.all([restartIngresses(), restartWorkers()]).finally(() => done.abort());
    const [codes] = await Promise.all([restarts, balancer.load(done.signal)]);

    expect(codes.flat()).toEqual([0, 0, 0, 0]);
    expect(balancer.answers.filter(({ status }) => status !== 200)).toEqual([]);
    const sent = balancer.answers.map(({ requestID }) => requestID).toSorted();
    expect(sent.length).toBeGreaterThan(20);
    const arrived = () => sink.requests.map(({ body: text }) => String(JSON.parse(String(text)).requestID)).toSorted();
    await vi.waitFor(() => expect(arrived()).toEqual(sent), { timeout: 20_000, interval: 100 });
  }, 180_000);
});

describe('an ingress that is told to stop', () => {
  it('says so first, takes callbacks until load balancers have noticed, and keeps no connection open', async () => {
    const { startIngress } = await install();
    const ingress = await startIngress();
    ingress.process.signal('SIGTERM');
    ingress.process.signal('SIGTERM');
    await vi.waitFor(async () => expect(await isReady(ingress.adminUrl)).toBe(false), { timeout: 20_000, interval: 5 });
    const answer = await fetch(new URL('/callbot', ingress.url), { method: 'POST', body: '{}' });
    expect([answer.status, answer.headers.get('connection')]).toEqual([400, 'close']);
    expect(await postCallback({ ingress: ingress.url, requestID: 'late', body })).toMatchObject({ status: 200 });
    expect(await ingress.process.exit).toBe(0);
  });
});

describe('a worker that is told to stop', () => {
  it('finishes the work under way after any number of signals, and leaves nothing to be done twice', async () => {
    const destination = await startPatientDestination();
    const { startIngress, startWorker } = await install({ destination: destination.url });
    const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
    await postCallback({ ingress: ingress.url, requestID: 'one', body });
    await vi.waitFor(() => expect(destination.waiting).toHaveLength(1), 20_000);
    worker.process.signal('SIGTERM');
    await worker.process.line('worker is stopping');
    worker.process.signal('SIGTERM');
    await vi.waitFor(async () => expect(await isReady(worker.adminUrl)).toBe(false), { timeout: 20_000, interval: 5 });
    destination.waiting[0]?.end();
    expect(await worker.process.exit).toBe(0);
    expect(worker.process.lines.map(({ msg }) => msg)).toContain('delivered');
    expect(await worker.process.line('worker has stopped')).toMatchObject({ finished: true });

    await postCallback({ ingress: ingress.url, requestID: 'two', body });
    const next = await startWorker();
    await vi.waitFor(() => expect(destination.waiting).toHaveLength(2), 20_000);
    destination.waiting[1]?.end();
    expect(await next.process.line('delivered')).toMatchObject({ requestID: 'two' });
    expect(destination.waiting).toHaveLength(2);
  });
});

describe('a worker that makes no progress', () => {
  it('says so, ends with an exit code that has it started anew, and the next one goes on', async () => {
    const { url, prefix, sink, startIngress, startWorker } = await install({ worker: 'stuckAfter: 1s' });
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    const ingress = await startIngress();
    // Every attempt to take a job fails from here on, while Redis answers and tells that there are jobs.
    await redis.set(`${prefix}:callbacks:active`, 'not a list');
    await postCallback({ ingress: ingress.url, requestID: 'one', body });
    const worker = await startWorker();
    expect(await worker.process.line('worker makes no progress and stops')).toMatchObject({
      code: 'RB_WORKER_STUCK',
      consumer: 'callbacks',
    });
    expect(await worker.process.exit).toBe(1);

    await redis.del(`${prefix}:callbacks:active`);
    await startWorker();
    await vi.waitFor(() => expect(sink.requests).toHaveLength(1), 20_000);
  });
});
