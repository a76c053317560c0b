import { RingbackError } from '@ringback/contracts';
import { fenceQueue, removeFence } from '../bullmq/fence.ts';
import { CALLBACKS, outputRegistryKey, QUARANTINE, UNROUTED } from '../bullmq/names.ts';
import { callbackQueueState, outputQueueState, type QueueState } from '../bullmq/queue-state.ts';
import { sweepBodies } from '../deliveries/bodies/sweep.ts';
import { knownOutputs } from '../deliveries/known-outputs.ts';
import { standingUnder } from '../processes/standing.ts';
import { carryCounts } from './carry-counts.ts';
import { carryHistory } from './carry-history.ts';
import { carryBatches, carryQuarantined } from './carry-kept.ts';
import { carryLedger } from './carry-ledger.ts';
import { carryOutput } from './carry-output.ts';
import { leftBatches } from './left-batches.ts';
import { heirOf, type Plan, placeAt } from './place.ts';

const WRITTEN_BY_INGRESSES = [CALLBACKS, QUARANTINE, UNROUTED];
/** An ingress that hung may write a last batch at any moment. */
const FENCE_TRIES = 100;

export type Moved = {
  readonly claims: number;
  readonly outcomes: number;
  /** Jobs of outputs: they wait now, or for a later attempt. */
  readonly jobs: number;
  /** Batches that outputs hold. */
  readonly held: number;
  readonly deadLetters: number;
  readonly quarantined: number;
};

type Moving = {
  readonly plan: Plan;
  /** Of the settings. */
  readonly outputs: readonly string[];
  readonly say: (line: string) => void;
};

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);

/**
 * Moves all that belongs to another shard by the new number. No worker may run, and none may take callbacks. Each
 * step adds before it removes: it may be cut off anywhere and run again.
 */
export async function moveShards({ plan, outputs, say }: Moving): Promise<Moved> {
  const { from, to } = plan;
  const [old, going] = [range(0, from), range(to, from)];
  const known = await allOutputs(plan, outputs);
  await prepareShards(plan, known);
  const left = await leftBatches(plan);
  let [claims, outcomes, jobs, held, deadLetters, quarantined] = [0, 0, 0, 0, 0, 0];
  for (const number of old) {
    const ledger = await carryLedger(plan, number, left);
    claims += ledger.claims;
    outcomes += ledger.outcomes;
    const deliveries = await carryOutputs({ plan, outputs: known, say }, number);
    jobs += deliveries.jobs;
    held += deliveries.held;
    deadLetters += deliveries.dead;
    const kept = await carryQuarantined(plan, number);
    quarantined += kept;
    const parts = `${ledger.claims} claims, ${deliveries.jobs} jobs, ${deliveries.held} held batches, ${deliveries.dead} dead letters, ${kept} quarantined`;
    say(`shard ${number}: moved ${parts}`);
  }
  for (const number of going) deadLetters += await leaveShard(plan, number);
  return { claims, outcomes, jobs, held, deadLetters, quarantined };
}

async function allOutputs({ shards, from }: Plan, outputs: readonly string[]): Promise<string[]> {
  const known = await Promise.all(shards.slice(0, from).map((shard) => knownOutputs(shard)));
  return [...new Set([...outputs, ...known.flat()])].toSorted();
}

/** New shards take work, know all outputs, and are paused where the first one is. */
async function prepareShards(plan: Plan, known: readonly string[]): Promise<void> {
  const first = placeAt(plan, 0);
  for (const number of range(0, plan.to)) {
    const place = placeAt(plan, number);
    if (known.length > 0) await place.redis.sadd(outputRegistryKey(place.prefix), ...known);
    if (number < plan.from) continue;
    for (const queue of WRITTEN_BY_INGRESSES) await removeFence({ ...place, queue });
    await pauseAlike(callbackQueueState(first), callbackQueueState(place));
    for (const output of known) await pauseAlike(outputQueueState(output, first), outputQueueState(output, place));
  }
}

async function pauseAlike(first: QueueState, other: QueueState): Promise<void> {
  try {
    if (await first.isPaused()) await other.pause();
    else if (await other.isPaused()) await other.resume();
  } finally {
    await Promise.all([first.close(), other.close()]);
  }
}

async function carryOutputs({ plan, outputs, say }: Moving, number: number) {
  const sum = { jobs: 0, held: 0, dead: 0 };
  for (const output of outputs) {
    const home = plan.homeOf(output, number);
    if (home === number) continue;
    const carried = await carryOutput({ output, from: placeAt(plan, number), to: placeAt(plan, home), say });
    sum.jobs += carried.jobs;
    sum.held += carried.held;
    sum.dead += carried.dead;
  }
  return sum;
}

/** Resolves to the dead batches that it moved. @throws RingbackError RB_INTERNAL if something is left */
async function leaveShard(plan: Plan, number: number): Promise<number> {
  const from = placeAt(plan, number);
  const { dead } = await carryBatches(plan, number);
  const heir = placeAt(plan, heirOf(number, plan.to));
  await carryCounts(from, heir);
  await carryHistory(from, heir);
  for (const queue of WRITTEN_BY_INGRESSES) await fence(plan, number, queue);
  // What a crash has left of bodies.
  await sweepBodies({ ...from, stop: new AbortController().signal });
  const left = Object.entries(await standingUnder(from.redis, from.prefix)).filter(([, count]) => count > 0);
  if (left.length > 0) {
    const counts = left.map(([what, count]) => `${count} ${what}`).join(', ');
    throw new RingbackError('RB_INTERNAL', `shard ${number} still has ${counts}. Run it again; it goes on`);
  }
  return dead;
}

async function fence(plan: Plan, number: number, queue: string): Promise<void> {
  for (let tries = 0; tries < FENCE_TRIES; tries += 1) {
    if (await fenceQueue({ ...placeAt(plan, number), queue })) return;
    await carryBatches(plan, number);
    await carryQuarantined(plan, number);
  }
  throw new RingbackError('RB_INTERNAL', `something goes on writing to shard ${number}. End old ingresses, and run it again`);
}
