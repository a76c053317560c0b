import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type AppProcess,
  createInstallation,
  postCallback,
  SAMPLE_ACCOUNT,
  SIGNING_SECRET,
  taskBody,
  testRedis,
} from '@ringback/testkit';
import { expect, vi } from 'vitest';

/** For tests: an installation whose settings change while it runs. */
export const DEADLINE = { timeout: 30_000, interval: 50 };
export const body = taskBody({ taskStatus: 1 });
export const OLD = SAMPLE_ACCOUNT.secret;

type Said = { secrets?: string[]; outputs: Record<string, string>; to?: string[]; lock?: string; more?: string };

const stanza = ([name, url]: [string, string]) =>
  `  - { name: ${name}, type: webhook, url: "${url}", signingSecret: ${SIGNING_SECRET}, timeout: 60s, retry: { minDelay: 100ms } }`;

export function settingsOf(
  prefix: string,
  { secrets = [OLD], outputs, to = Object.keys(outputs), lock = '30s', more = '' }: Said,
): string {
  return `
ingress: { host: 127.0.0.1, port: 0, adminPort: 0, drainDelay: 100ms }
worker: { adminPort: 0, lockDuration: ${lock} }
redis: { prefix: ${prefix} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: ${SAMPLE_ACCOUNT.uuid}, secrets: ${JSON.stringify(secrets)}, algorithm: md5 }] }]
outputs:
${Object.entries(outputs).map(stanza).join('\n')}
routes: [{ to: ${JSON.stringify(to)} }]
${more}
`;
}

/** `redis`: one that the test stops. */
export async function install(first: (sink: string) => Said, redis?: string) {
  const { url, prefix } = redis === undefined ? testRedis() : { url: redis, prefix: 'ringback' };
  const world = await createInstallation({ redisUrl: url, settings: (sink) => settingsOf(prefix, first(sink)) });
  const path = world.env['RINGBACK_CONFIG'] ?? '';
  const write = (said: Said) => writeFile(path, settingsOf(prefix, said));
  const arrived = (at: string) =>
    world.sink.requests
      .filter((request) => request.path === at)
      .map(({ body: text }) => String(JSON.parse(String(text)).requestID))
      .toSorted();
  return { ...world, prefix, path, write, arrived };
}

const times = ({ lines }: AppProcess, message: string) => lines.filter(({ msg }) => msg === message).length;

export async function reload(...processes: AppProcess[]): Promise<void> {
  const before = processes.map((process) => times(process, 'settings reloaded'));
  for (const process of processes) process.signal('SIGHUP');
  await vi.waitFor(() => {
    for (const [index, process] of processes.entries())
      expect(times(process, 'settings reloaded')).toBeGreaterThan(before[index] ?? 0);
  }, DEADLINE);
}

/** A few clients that send one callback after the other. */
export function startLoad(ingress: string, { clients = 4, pauseMs = 2 } = {}) {
  const load = { secret: OLD as string, sent: [] as { requestID: string; status: number }[] };
  const done = new AbortController();
  async function client(number: number): Promise<void> {
    for (let count = 0; !done.signal.aborted; count += 1) {
      const requestID = `c${number}-${count}`;
      const { status } = await postCallback({ ingress, requestID, body, secret: load.secret });
      load.sent.push({ requestID, status });
      await pause(pauseMs);
    }
  }
  const running = Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  const more = async (count: number) => {
    const enough = load.sent.length + count;
    await vi.waitFor(() => expect(load.sent.length).toBeGreaterThan(enough), DEADLINE);
  };
  async function end(): Promise<string[]> {
    done.abort();
    await running;
    expect(load.sent.filter(({ status }) => status !== 200)).toEqual([]);
    return load.sent.map(({ requestID }) => requestID).toSorted();
  }
  return { sent: load.sent, use: (secret: string) => void (load.secret = secret), more, end };
}
