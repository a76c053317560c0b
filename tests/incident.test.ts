import { setTimeout as delay } from 'node:timers/promises';
import { postCallback, printed, taskBody } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { ROWS } from '../deploy/monitoring/panels.ts';
import { createIncidentWorld, startPrometheus } from './incident-world.ts';

const SOON = { timeout: 90_000, interval: 250 };

type Load = { readonly sent: string[]; stop(): Promise<void> };

/** Ten callbacks, ten times a second. Fails if one is refused. */
function load(ingress: string): Load {
  const sent: string[] = [];
  const stopping = new AbortController();
  const body = taskBody({ taskStatus: 1 });
  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const ids = Array.from({ length: 10 }, (_, index) => `call-${sent.length + index}`);
      const answers = await Promise.all(ids.map((requestID) => postCallback({ ingress, requestID, body })));
      expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
      sent.push(...ids);
      await delay(100);
    }
  }
  const running = run();
  return {
    sent,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Metrics that only another incident has, or another installation: a spool, or nothing refused. */
const NOT_HERE = /ringback_spool_callbacks|result="refused"|clock_skew|unkept|redis_memory_ratio/;

it(
  'a destination dies and returns: alert, status, one notice and one that it is over, nothing lost, and trace tells it',
  { timeout: 240_000 },
  async () => {
    const { env, url, adminUrls, crm, ops } = await createIncidentWorld();
    const prometheus = await startPrometheus(adminUrls);
    const running = load(url);
    const notices = () => ops.requests.map(({ body }) => String(body)).filter((text) => text.includes('output-failing'));
    await vi.waitFor(() => expect(crm.requests.length).toBeGreaterThan(20), SOON);
    expect(await prometheus.firing()).toEqual([]);

    const deadFrom = running.sent.length;
    crm.answer(503);
    await vi.waitFor(async () => expect(await prometheus.firing()).toContain('RingbackOutputFailing crm'), SOON);
    await vi.waitFor(() => expect(notices()).toHaveLength(1), SOON);
    expect(await printed(env, 'status')).toMatch(/output crm is failing: HTTP 503.* \(since \S+Z, \d+s\)/);
    expect(notices()[0]).toContain('https://wiki.example.com/runbook.md#output-failing');

    const data = ROWS.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)));
    for (const expr of data.filter((one) => !NOT_HERE.test(one))) {
      const query = expr.replaceAll('$__rate_interval', '10s');
      await vi.waitFor(async () => expect({ query, data: await prometheus.ask(query) }).not.toEqual({ query, data: [] }), SOON);
    }

    crm.answer(200);
    await vi.waitFor(() => expect(notices()).toHaveLength(2), SOON);
    expect(notices()[1]).toContain('Resolved: output-failing: crm');
    await running.stop();
    const got = () => crm.requests.filter(({ time }) => time > 0).map(({ body }) => JSON.parse(String(body)).requestID);
    await vi.waitFor(() => expect(new Set(got())).toEqual(new Set(running.sent)), SOON);
    await vi.waitFor(async () => expect(await prometheus.firing()).not.toContain('RingbackOutputFailing crm'), SOON);
    await vi.waitFor(async () => {
      const story = await printed(env, 'trace', `call-${deadFrom + 40}`);
      expect(story).toMatch(/crm +delivered/);
    }, SOON);
    expect(notices()).toHaveLength(2);
  },
);
