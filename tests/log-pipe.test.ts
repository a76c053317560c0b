import { type AppProcess, createInstallation, interfaceSettings, postCallback, taskBody, testRedis } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { undocumented } from './documented-lines.ts';

const SOON = { timeout: 60_000, interval: 50 };
/** Their lines are more than the 2 MiB that a process keeps and what the pipe holds. */
const CALLBACKS = 2200;
const AT_ONCE = 20;
const MOST_BYTES = 400 * 1024 * 1024;
const DROPPED = 'log lines were dropped';

/** Twice as long in JSON. */
const PADDING = '"'.repeat(490);
const body = taskBody({ taskStatus: 1 });

/** Resolves with the answers that are no ack. */
async function postAll(ingress: string, name: string, count: number): Promise<unknown[]> {
  const others: unknown[] = [];
  let next = 0;
  const posts = Array.from({ length: AT_ONCE }, async () => {
    for (let number = (next += 1); number <= count; number = next += 1) {
      const answer = await postCallback({ ingress, requestID: `${name}-${number}-${PADDING}`, body });
      if (answer.status !== 200) others.push(answer);
    }
  });
  await Promise.all(posts);
  return others;
}

async function metric(adminUrl: string, name: string): Promise<number> {
  const page = await (await fetch(new URL('/metrics', adminUrl))).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1]);
}

const count = ({ lines }: AppProcess, message: string) => lines.filter(({ msg }) => msg === message).length;

it(
  'a log that nobody reads, and then one that is closed, holds up nothing: lines are dropped and counted',
  { timeout: 180_000 },
  async () => {
    const { url: redisUrl, prefix } = testRedis();
    const settings = (crmUrl: string) => interfaceSettings({ crmUrl, prefix, ingress: 'enqueueTimeout: 30s' });
    const { sink, startIngress, startWorker } = await createInstallation({ redisUrl, settings });
    const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
    const apps = [ingress, worker];

    // On a busy machine an attempt may take too long, and is made again.
    const delivered = () => new Set(sink.requests.map(({ headers }) => headers['webhook-id'])).size;

    for (const { process } of apps) process.stdout.hold();
    expect(await postAll(ingress.url, 'held', CALLBACKS)).toEqual([]);
    await vi.waitFor(() => expect(delivered()).toBe(CALLBACKS), SOON);
    const dropped = await Promise.all(apps.map(({ adminUrl }) => metric(adminUrl, 'ringback_log_lines_dropped_total')));
    expect(Math.min(...dropped)).toBeGreaterThan(0);
    for (const { adminUrl } of apps) {
      expect(await metric(adminUrl, 'process_resident_memory_bytes')).toBeLessThan(MOST_BYTES);
      expect((await fetch(new URL('/readyz', adminUrl))).status).toBe(200);
    }

    for (const { process } of apps) process.stdout.release();
    const told = await Promise.all(apps.map(({ process }) => process.line(DROPPED)));
    expect(told.map(({ lines }) => lines)).toEqual(dropped);
    const linesOfIngress = () => count(ingress.process, 'callback acked') + Number(told[0]?.['lines']);
    await vi.waitFor(() => expect(linesOfIngress()).toBe(CALLBACKS), SOON);

    for (const { process } of apps) process.stdout.close();
    expect(await postAll(ingress.url, 'closed', 60)).toEqual([]);
    await vi.waitFor(() => expect(delivered()).toBe(CALLBACKS + 60), SOON);
    expect(await Promise.all(apps.map(({ process }) => process.stop()))).toEqual([0, 0]);
    expect(undocumented(apps.flatMap(({ process }) => process.lines))).toEqual([]);
  },
);
