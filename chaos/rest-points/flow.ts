import { REST_KINDS, type RestKind } from '@ringback/history';
import { postCallback, taskBody, until } from '@ringback/testkit/bare';
import { PREFIX } from '../settings.ts';
import { type Stage, STATUS } from './stage.ts';

export const PHASES = ['park', 'return', 'keep'] as const;
export type Phase = (typeof PHASES)[number];

/** By their part. All go to `crm` and `ops`, but the last. */
export type Ids = {
  readonly run: string;
  readonly first: string;
  /** More are sent until enough are parked. */
  readonly batches: string[][];
  readonly sour: readonly string[];
  readonly unrouted: string;
};

const WITHIN_MS = 120_000;
const BATCHES = 4;
const IN_BATCH = [1, 2, 3];
const MORE_AFTER_MS = 1000;
const PARKS_AT_LEAST = 3;

export function idsOf(run: string): Ids {
  const batches = Array.from({ length: BATCHES }, (_, batch) => batchOf(run, batch));
  return { run, first: `${run}-first`, batches, sour: [`${run}-sour-1`, `${run}-sour-2`], unrouted: `${run}-unrouted` };
}

const batchOf = (run: string, batch: number) => IN_BATCH.map((number) => `${run}-${batch}-${number}`);

export const delivered = ({ first, batches, sour }: Ids) => [first, ...batches.flat(), ...sour];

/** An output dies, its deliveries are parked and return; then what waits for a person goes to the history. */
export async function runFlow(stage: Stage, ids: Ids, begin: (phase: Phase) => void): Promise<void> {
  const { world } = stage;
  world.answer('crm', () => 500);
  begin('park');
  await send(stage, [ids.first], STATUS.usual);
  for (const batch of ids.batches) await send(stage, batch, STATUS.usual);
  await untilParked(stage, ids);
  begin('return');
  world.answer('crm', () => 200);
  await reached('all to return', async () => (await restingOf(stage, 'parked')).length === 0 && isThere(stage, ids));
  await send(stage, ids.sour, STATUS.sour);
  await reached('dead letters', async () => (await deadIn(stage)) + (await restingOf(stage, 'dead-letter')).length === 2);
  begin('keep');
  await age(stage);
  await send(stage, [ids.unrouted], STATUS.unrouted);
  await reached('what waits for a person to be in the history', () => isKept(stage));
}

/** A worker that starts feeds what is held before it knows that the output is dead: then more is needed. */
async function untilParked(stage: Stage, { run, batches }: Ids): Promise<void> {
  let moreAt = performance.now() + MORE_AFTER_MS;
  await reached('some to be parked', async () => {
    if ((await restingOf(stage, 'parked')).length >= PARKS_AT_LEAST) return true;
    if (performance.now() < moreAt) return false;
    moreAt = performance.now() + MORE_AFTER_MS;
    const batch = batchOf(run, batches.length);
    batches.push(batch);
    await send(stage, batch, STATUS.usual);
    return false;
  });
}

async function reached(what: string, isSo: () => Promise<boolean>): Promise<void> {
  await until(isSo, { withinMs: WITHIN_MS, what: () => what });
}

async function send({ world }: Stage, requestIDs: readonly string[], taskStatus: number): Promise<void> {
  const ingress = world.ingresses[0]?.url() ?? '';
  const isAcked = async (requestID: string) =>
    (await postCallback({ ingress, requestID, body: taskBody({ taskStatus }) })).status === 200;
  // As a sender does: on a busy machine Redis may not answer in time.
  await Promise.all(requestIDs.map((requestID) => reached(`an ack of ${requestID}`, () => isAcked(requestID))));
}

const isThere = ({ world: { deliveries } }: Stage, { first, batches }: Ids) =>
  [first, ...batches.flat()].every((id) => deliveries.arrivals('crm', id) > 0);

/** As if an hour had passed since they failed. */
async function age({ redis }: Stage): Promise<void> {
  const failed = `${PREFIX}:output.sour:failed`;
  for (const id of await redis.zrange(failed, '0', '-1')) await redis.zadd(failed, 'XX', 1, id);
}

const deadIn = ({ redis }: Stage) => redis.zcard(`${PREFIX}:output.sour:failed`);

async function isKept(stage: Stage): Promise<boolean> {
  const waits = (await deadIn(stage)) + (await stage.redis.llen(`${PREFIX}:unrouted:wait`));
  return waits === 0 && (await restingOf(stage, 'unrouted')).length > 0;
}

/** requestIDs. */
export async function restingOf({ store }: Stage, kind: RestKind): Promise<string[]> {
  return (await store.rest.find({ kinds: [kind] }, { limit: 1000 })).map(({ requestID }) => requestID);
}

/** For the next run. */
export async function forgetResting({ store }: Stage): Promise<void> {
  await store.rest.remove(await store.rest.find({ kinds: REST_KINDS }, { limit: 1000 }));
}
