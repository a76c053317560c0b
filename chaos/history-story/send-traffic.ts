import { until } from '@ringback/testkit/bare';
import { runLoad } from '../../bench/load/run.ts';
import { ARCHIVE, CRM, type Stage } from './stage.ts';
import type { Traffic } from './callbacks.ts';
import { json, type Trace } from './commands.ts';

/** What came of sending it. */
export type Course = {
  readonly requests: number;
  readonly refused: number;
  /** Deliveries that rested in the history while the CRM was dead. */
  readonly parked: number;
  /** requestID of one of these, and what `trace` said of its delivery then. */
  readonly affected: { readonly requestID: string; readonly state: string | undefined };
  /** When the middle third began and ended, ms since the epoch. */
  readonly middle: { readonly from: number; readonly to: number };
};

type Size = { readonly connections: number; readonly arrivesWithinMs: number };

/** A worker looks once a second. */
const PARKED_WITHIN_MS = 30_000;

/** This share of the callbacks comes again, so often. */
const STORM = { share: 0.05, times: 5 } as const;

/** Three thirds. The CRM is dead during the middle one; storms of duplicates come then and afterwards. */
export async function sendTraffic(stage: Stage, traffic: Traffic, { connections, arrivesWithinMs }: Size): Promise<Course> {
  const { destination, ingressUrl } = stage;
  const [first, middle, last] = traffic.thirds;
  let [requests, refused] = [0, 0];
  const send = async (wave: Buffer[]) => {
    const { result } = await runLoad({ urls: [ingressUrl], requests: wave, connections });
    requests += wave.length;
    refused += result.refused;
  };
  await send(first);
  await destination.took(CRM, first.length, arrivesWithinMs);
  destination.die(CRM);
  const from = Date.now();
  await send(middle);
  await send(stormOf([...first, ...middle]));
  const to = Date.now();
  await destination.took(ARCHIVE, first.length + middle.length, arrivesWithinMs);
  const parked = await someParked(stage);
  const affected = await traceParked(stage);
  destination.return(CRM);
  await send(last);
  await send(stormOf(middle));
  const all = first.length + middle.length + last.length;
  for (const output of [ARCHIVE, CRM]) await destination.took(output, all, arrivesWithinMs);
  return { requests, refused, parked, affected, middle: { from, to } };
}

function stormOf(requests: readonly Buffer[]): Buffer[] {
  const every = Math.round(1 / STORM.share);
  const chosen = requests.filter((_, index) => index % every === 0);
  return Array.from({ length: STORM.times }, () => chosen).flat();
}

/** 0 if there are none within the time: the story goes on, and says so. */
async function someParked(stage: Stage): Promise<number> {
  const count = async () => {
    const { count: found } = await json<{ count: number }>(stage, 'search', '--state', 'parked', '--output', CRM, '--count');
    return found || undefined;
  };
  return until(count, { withinMs: PARKED_WITHIN_MS, what: () => `deliveries of ${CRM} in the history` }).catch(() => 0);
}

async function traceParked(stage: Stage): Promise<Course['affected']> {
  const found = await stage.ringback('search', '--state', 'parked', '--output', CRM, '--limit', '1', '--json');
  if (found.trim() === '') return { requestID: 'none', state: undefined };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one object a line, as docs/history.md says
  const { requestID } = JSON.parse(found) as { requestID: string };
  const { deliveries } = await json<Trace>(stage, 'trace', requestID);
  return { requestID, state: deliveries.find(({ output }) => output === CRM)?.state };
}
