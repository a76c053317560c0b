import { setTimeout as pause } from 'node:timers/promises';
import { createInstallation, interfaceSettings, postCallback, type RedisSet, taskBody } from '@ringback/testkit';
import { expect, vi } from 'vitest';

const SENDERS = 4;
/** How long a sender waits between callbacks, and before it sends one again that was refused. ms. */
const PACE_MS = 20;
const REPEAT_MS = 200;
const SOON = { timeout: 90_000, interval: 100 };
const body = taskBody({ taskStatus: 1 });

type Post = (requestID: string) => ReturnType<typeof postCallback>;

/** Ringback on a set of servers, with `durability: replica`, and senders that send while a primary is broken. */
export async function installOn(set: RedisSet) {
  const redis = `${set.settings}, durability: replica`;
  const common = { prefix: 'ringback', redis, ingress: 'enqueueTimeout: 2s', worker: 'lockDuration: 4s' };
  const { sink, env, startIngress, startWorker } = await createInstallation({
    settings: (crmUrl) => interfaceSettings({ crmUrl, ...common }),
  });
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  const post: Post = (requestID) => postCallback({ ingress: ingress.url, requestID, body });
  const delivered = () => new Set(sink.requests.map(({ body: text }) => String(JSON.parse(String(text)).requestID)));
  await vi.waitFor(async () => expect(await post('first')).toMatchObject({ status: 200 }), SOON);
  await vi.waitFor(() => expect(delivered()).toContain('first'), SOON);

  /** Sends while `breakage` runs, and until callbacks are acked again after it. Then every acked one must arrive. */
  async function survives(name: string, breakage: () => Promise<unknown>): Promise<void> {
    const load = startSending(name, post);
    await load.acksMore();
    await breakage();
    await load.acksMore();
    const acked = await load.stop();
    await vi.waitFor(() => expect(acked.filter((id) => !delivered().has(id))).toEqual([]), SOON);
  }

  return { survives, env, ingress, worker };
}

/** Each sender sends one callback after another. One that is refused is sent again, as the provider does. */
function startSending(name: string, post: Post) {
  const acked: string[] = [];
  const stopping = new AbortController();
  let sent = 0;

  async function send(): Promise<void> {
    for (let id = ''; !stopping.signal.aborted;) {
      if (id === '') id = `${name}-${(sent += 1)}`;
      const answer = await post(id);
      if (answer.status === 200) acked.push(id);
      else expect(answer).toMatchObject({ status: 503, retryAfter: expect.any(String) });
      await pause(answer.status === 200 ? PACE_MS : REPEAT_MS);
      if (answer.status === 200) id = '';
    }
  }

  const ended = Promise.all(Array.from({ length: SENDERS }, send));
  return {
    /** Waits until 50 more are acked. Rejects if a refusal was no 503. */
    async acksMore(): Promise<void> {
      const before = acked.length;
      await Promise.race([ended, vi.waitFor(() => expect(acked.length).toBeGreaterThan(before + 50), SOON)]);
    },
    async stop(): Promise<readonly string[]> {
      stopping.abort();
      await ended;
      return acked;
    },
  };
}
