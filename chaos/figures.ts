import { until } from '@ringback/testkit/bare';
import { readDeadLetters } from './deliveries.ts';
import type { Sent } from './load.ts';
import type { World } from './world.ts';

/** From the sixth on they count deliveries: an acked callback has one per output. */
export type Figures = {
  /** Requests, repeats included: acked, refused or unanswered. */
  readonly sent: number;
  readonly acked: number;
  readonly refused: number;
  /** By error code. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly unanswered: number;
  /** Acked callbacks; repeats count once. */
  readonly callbacks: number;
  readonly delivered: number;
  readonly deadLetters: number;
  readonly perOutput: Readonly<Record<string, { readonly delivered: number; readonly deadLetters: number }>>;
  readonly duplicates: number;
  /** Neither delivered nor a dead letter, but allowed by the scenario. */
  readonly lostWithinBound: number;
  /** Neither delivered nor a dead letter. */
  readonly lost: number;
  /** ms. */
  readonly longestWithoutAck: number;
  /** From the ack to the first delivery, ms. */
  readonly waits: { readonly median: number; readonly p99: number };
  /** Examples of lost ones. */
  readonly missing: readonly string[];
};

const SETTLES_WITHIN_MS = 60_000;
const LOOKS_AGAIN_MS = 500;
const MISSING_SHOWN = 20;

/** Waits until every acked callback has ended at its outputs. What has not ended in time is lost. */
export async function settle(world: World, sent: Sent, withinMs = SETTLES_WITHIN_MS): Promise<Figures> {
  let state = await look(world, sent);
  let lookedAt = performance.now();
  const settled = async () => {
    if (performance.now() - lookedAt > LOOKS_AGAIN_MS) {
      state = await look(world, sent);
      lookedAt = performance.now();
    }
    return state.missing.length === 0;
  };
  await until(settled, { withinMs, what: () => 'the end of every delivery' }).catch(() => {});
  const { missing, perOutput } = state;
  const forgiven = missing.filter(({ requestID }) => isForgiven(world, sent.ackedAt.get(requestID) ?? 0));
  const lost = missing.filter((one) => !forgiven.includes(one));
  const sum = (end: keyof Ends) => Object.values(perOutput).reduce((total, ends) => total + ends[end], 0);
  const { requests, ackedAt, ...answers } = sent;
  return {
    sent: requests,
    ...answers,
    callbacks: ackedAt.size,
    delivered: sum('delivered'),
    deadLetters: sum('deadLetters'),
    perOutput,
    duplicates: world.deliveries.duplicates(),
    lostWithinBound: forgiven.length,
    lost: lost.length,
    longestWithoutAck: longestGap([...ackedAt.values()]),
    waits: waitsOf(world, ackedAt),
    missing: lost.slice(0, MISSING_SHOWN).map((one) => describeMissing(world, one, ackedAt.get(one.requestID) ?? 0)),
  };
}

type Ends = { delivered: number; deadLetters: number };
type State = { readonly perOutput: Record<string, Ends>; readonly missing: { output: string; requestID: string }[] };

async function look({ places, outputs, deliveries, owed }: World, { ackedAt }: Sent): Promise<State> {
  const isDeadLetter = await readDeadLetters(await places(), outputs);
  const state: State = { perOutput: {}, missing: [] };
  for (const output of outputs) {
    const ids = [...ackedAt.keys()];
    const delivered = ids.filter((requestID) => deliveries.arrivals(output, requestID) > 0);
    const deadLetters = ids.filter(
      (requestID) => deliveries.arrivals(output, requestID) === 0 && isDeadLetter(output, requestID),
    );
    state.perOutput[output] = { delivered: delivered.length, deadLetters: deadLetters.length };
  }
  const hasEnded = (output: string, requestID: string) =>
    deliveries.arrivals(output, requestID) > 0 || isDeadLetter(output, requestID);
  for (const [requestID, at] of ackedAt) {
    for (const anyOf of owed.rule(at)) {
      if (!anyOf.some((output) => hasEnded(output, requestID))) state.missing.push({ output: anyOf.join(' or '), requestID });
    }
  }
  return state;
}

/** `times` ascend: a Map keeps the order of its entries. */
function longestGap(times: readonly number[]): number {
  return Math.round(times.reduce((longest, time, index) => Math.max(longest, time - (times[index - 1] ?? time)), 0));
}

function waitsOf({ outputs, deliveries }: World, ackedAt: Sent['ackedAt']): Figures['waits'] {
  const waits = outputs.flatMap((output) =>
    [...ackedAt].flatMap(([requestID, at]) => {
      const first = deliveries.firstAt(output, requestID);
      return first === undefined ? [] : Math.max(0, first - at);
    }),
  );
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return { median: at(0.5), p99: at(0.99) };
}

type Missing = State['missing'][number];

/** With the fault before its ack, if the scenario tells its faults. */
function describeMissing({ said }: World, { output, requestID }: Missing, ackedAt: number): string {
  const fault = said.findLast(({ at }) => at < ackedAt);
  const since = fault && ` (acked ${Math.round(ackedAt - fault.at)} ms after ${fault.what})`;
  return `${requestID} at ${output}${since ?? ''}`;
}

function isForgiven({ forgiven }: World, ackedAt: number): boolean {
  return forgiven.some(({ from, to }) => ackedAt >= from && ackedAt <= to);
}
