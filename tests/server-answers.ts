import {
  type AtEnd,
  createInstallation,
  interfaceSettings,
  postCallback,
  type SettingsOptions,
  taskBody,
} from '@ringback/testkit';
import { expect, vi } from 'vitest';

export const SOON = { timeout: 60_000, interval: 50 };
const body = taskBody({ taskStatus: 1 });

/** What a server answers while something is wrong with it, from `begin` to `end`. */
export type Fault = {
  readonly name: string;
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
};

type Options = Pick<SettingsOptions, 'redis'> & { readonly redisUrl?: string; readonly atEnd: AtEnd };

/** One ingress and one worker, which live through one fault of their servers after the other. */
export async function installUnderFaults({ redis = '', redisUrl, atEnd }: Options) {
  const settings = (crmUrl: string) => interfaceSettings({ crmUrl, prefix: 'ringback', redis, ingress: 'enqueueTimeout: 2s' });
  const { sink, startIngress, startWorker } = await createInstallation({ ...(redisUrl && { redisUrl }), atEnd, settings });
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  const acked: string[] = [];
  const delivered = () => new Set(sink.requests.map(({ body: text }) => String(JSON.parse(String(text)).requestID)));

  /** Each callback is acked, or refused with a 503 that says when to come again. */
  async function post(requestID: string) {
    const answer = await postCallback({ ingress: ingress.url, requestID, body });
    if (answer.status === 200) acked.push(requestID);
    else expect(answer).toMatchObject({ status: 503, retryAfter: expect.any(String) });
    return answer;
  }
  const acks = (requestID: string) => vi.waitFor(async () => expect(await post(requestID)).toMatchObject({ status: 200 }), SOON);

  /** What is acked before the fault is delivered after it at the latest, by the same worker; so is what is acked after it. */
  async function survives({ name, begin, end }: Fault, meanwhile: () => Promise<unknown>): Promise<void> {
    worker.process.signal('SIGSTOP');
    for (const number of [1, 2, 3]) await acks(`${name}: before ${number}`);
    await begin();
    worker.process.signal('SIGCONT');
    try {
      await meanwhile();
    } finally {
      await end();
    }
    await acks(`${name}: after`);
    await vi.waitFor(() => expect(acked.filter((id) => !delivered().has(id))).toEqual([]), SOON);
    for (const { adminUrl } of [ingress, worker]) {
      await vi.waitFor(async () => expect(await readiness(adminUrl)).toMatchObject({ status: 200 }), SOON);
    }
    expect(worker.process.lines.filter(({ code }) => code === 'RB_WORKER_STUCK')).toEqual([]);
  }

  return { ingress, worker, startWorker, post, survives };
}

export async function readiness(adminUrl: string): Promise<{ status: number; text: string }> {
  const response = await fetch(new URL('/readyz', adminUrl), { signal: AbortSignal.timeout(5000) });
  return { status: response.status, text: await response.text() };
}
