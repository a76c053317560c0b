import { setTimeout as delay } from 'node:timers/promises';
import { postCallback, taskBody } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ROWS } from '../deploy/monitoring/panels.ts';
import { notPrinted, shownBlocks } from './incident-page.ts';
import { createIncidentWorld } from './incident-world.ts';
import { startPrometheus } from './shipped-prometheus.ts';
import { printed } from './commands.ts';

const SOON = { timeout: 90_000, interval: 250 };
const DOCS = 'https://wiki.example.com/';

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
  async function stop(): Promise<void> {
    stopping.abort();
    await running;
  }
  // A test that fails says why, and not that nobody answers any more.
  onTestFinished(() => stop().catch(() => undefined));
  return { sent, stop };
}

const queries = ROWS.flatMap(({ panels }) =>
  panels.flatMap((panel) => panel.queries.map(({ expr }) => expr.replaceAll('$__rate_interval', '10s'))),
);
const FIRING = 'ALERTS{alertname="RingbackOutputFailing", alertstate="firing"}';

/** Each line that the page shows was printed. */
function fits(shown: readonly string[], output: string): string {
  expect({ missing: notPrinted(shown, output), output }).toEqual({ missing: [], output });
  return output;
}

it(
  'a destination dies and returns, as docs/incident.md tells: alert, status, one notice and one that it is over, all delivered',
  { timeout: 300_000 },
  async () => {
    const [alert = [], notice = [], failing = [], resolved = [], over = [], story = [], ...others] = shownBlocks;
    expect(others).toEqual([]);
    const { env, url, adminUrls, tokenFile, crm, ops } = await createIncidentWorld();
    const prometheus = await startPrometheus({ adminUrls, tokenFile, docs: DOCS });
    const runs = async (command: readonly string[], shown: readonly string[]) => fits(shown, await printed(env, ...command));
    const notices = () => ops.requests.map(({ body }) => String(body)).filter((text) => text.includes('output-failing'));
    // Probes have no token.
    const asked = ['/livez', '/readyz', '/metrics'].flatMap((page) => adminUrls.map((adminUrl) => `${adminUrl}${page}`));
    const answers = await Promise.all(asked.map(async (page) => ({ page, wantsToken: (await fetch(page)).status === 401 })));
    expect(answers).toEqual(asked.map((page) => ({ page, wantsToken: page.endsWith('/metrics') })));
    const running = load(url);
    await vi.waitFor(() => expect(crm.delivered.size).toBeGreaterThan(20), SOON);
    expect(await prometheus.ask(FIRING)).toEqual([]);
    expect((await postCallback({ ingress: url, requestID: 'forged', secret: 'another' })).status).toBe(401);

    crm.die();
    await vi.waitFor(async () => expect(await prometheus.ask(FIRING)).toHaveLength(1), SOON);
    fits(alert, await prometheus.printed(FIRING));
    expect(await prometheus.links('RingbackOutputFailing')).toEqual([`${DOCS}docs/runbook.md#output-failing`]);
    await vi.waitFor(() => expect(notices()).toHaveLength(1), SOON);
    fits(notice, JSON.parse(notices()[0] ?? '').text);
    expect(notices()[0]).toContain('<https://wiki.example.com/runbook.md#output-failing|What to do>');
    await vi.waitFor(() => runs(['status'], failing), SOON);
    expect(await prometheus.ask('max_over_time(ringback_output_state{output="crm", state="open"}[10m]) == 1')).not.toEqual([]);
    await vi.waitFor(async () => expect(await prometheus.emptyOf(queries)).toEqual([]), SOON);

    crm.live();
    await vi.waitFor(() => expect(notices()).toHaveLength(2), SOON);
    fits(resolved, JSON.parse(notices()[1] ?? '').text);
    await running.stop();
    await vi.waitFor(() => expect(crm.delivered).toEqual(new Set(running.sent)), SOON);
    await vi.waitFor(async () => expect(await prometheus.ask(FIRING)).toEqual([]), SOON);
    await vi.waitFor(async () => expect(await runs(['status'], over)).toMatch(/^crm +running(?: +0){8} +-$/m), SOON);
    const [affected = ''] = crm.turnedAway;
    await vi.waitFor(() => runs(['trace', affected], story), SOON);
    expect(notices()).toHaveLength(2);
  },
);
