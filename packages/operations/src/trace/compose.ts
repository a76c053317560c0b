import type { Callback } from '@ringback/contracts';
import type { CallbackStory, Resting } from '@ringback/history';
import { deliveryNow } from './delivery-now.ts';
import { explainFate, type TodaysRoutes } from './explain-fate.ts';
import type { Live } from './look-in-redis.ts';
import { markReplays } from './of-replay.ts';
import type { FoundResting } from './resting.ts';
import { traceIdOf } from './trace-id.ts';
import type { CallbackStage, Traced, TracedCallback, TracedDelivery } from './traced.ts';

/** All that was found of one callback. At least one of the first three is there. */
export type Pieces = {
  readonly key: string;
  readonly story?: CallbackStory | undefined;
  readonly live?: Live | undefined;
  readonly resting: readonly FoundResting[];
  /** Parked deliveries and dead letters. */
  readonly deliveriesAtRest: readonly Resting[];
  /** If only the ledger knows of it. */
  readonly identity?: Pick<Callback, 'id' | 'source' | 'account'> | undefined;
};

type Context = { readonly today: TodaysRoutes; readonly notes: readonly string[] };

export function compose(pieces: Pieces, { today, notes }: Context): Traced {
  const { key, story, live, resting } = pieces;
  const full = fullCallback(pieces);
  const callback: TracedCallback = {
    ...identityOf(pieces),
    ...(full ?? storedFields(story)),
    key,
    stage: stageOf(pieces),
    subjects: story?.subjects ?? {},
    batch: story?.batch ?? live?.batch,
    trace: traceIdOf(pieces),
    dispatchedAt: story?.dispatchedAt,
    fate: story?.fate,
    repeats: story?.repeats ?? { duplicates: 0, conflicts: 0 },
  };
  const deliveries = deliveriesOf(pieces);
  const explained = explainFate(full, story ?? {}, today);
  return {
    callback,
    routes: explained.routes,
    deliveries,
    resting: resting.map((one) => one.resting),
    actions: story?.actions ?? [],
    notes: [...notes, ...(wasDispatched(pieces) ? explained.notes : []), ...unknownNotes(deliveries)],
  };
}

function wasDispatched(pieces: Pieces): boolean {
  return stageOf(pieces) !== 'refused' && (pieces.story !== undefined || fullCallback(pieces) !== undefined);
}

/** With its body. */
function fullCallback({ story, live }: Pieces): Callback | undefined {
  if (story?.body !== undefined) return { ...callbackFields(story), body: story.body };
  return live?.queued?.callback ?? live?.deliveries.find(({ standing }) => standing !== undefined)?.standing?.callback;
}

function callbackFields({ id, source, account, type, time, receivedAt, about }: CallbackStory): Omit<Callback, 'body'> {
  return { id, source, account, type, time, receivedAt, ...(about !== undefined && { about }) };
}

const storedFields = (story: CallbackStory | undefined) => story && callbackFields(story);

function identityOf({ key, identity, resting, deliveriesAtRest }: Pieces): Partial<Callback> {
  const delivery = deliveriesAtRest.find((entry) => entry.key === key);
  const found = resting[0]?.identity ?? (delivery && { ...delivery, id: delivery.requestID });
  const type = found?.type;
  const own = found === undefined ? identity : { id: found.id, source: found.source, account: found.account };
  const receivedAt = resting[0]?.resting.receivedAt ?? delivery?.receivedAt;
  return { ...own, ...(type !== undefined && { type }), ...(receivedAt !== undefined && { receivedAt }) };
}

function stageOf({ key, story, live, resting, deliveriesAtRest }: Pieces): CallbackStage {
  if (live?.queued?.at === 'waiting' && story === undefined && live.deliveries.length === 0) return 'queued';
  if (live?.queued !== undefined) return 'being dispatched';
  const rests = resting.some((one) => one.resting.as === 'unrouted') || deliveriesAtRest.some((entry) => entry.key === key);
  return rests || story !== undefined || live !== undefined ? 'dispatched' : 'refused';
}

function deliveriesOf({ key, story, live, deliveriesAtRest }: Pieces): TracedDelivery[] {
  const batch = story?.batch ?? live?.batch;
  const own = deliveriesAtRest.filter((entry) => entry.key === key);
  const resting = batch === undefined ? own : own.filter((entry) => (entry.batch ?? batch) === batch);
  const outputs = new Set([
    ...(story?.fate.businessDuplicate ? [] : (story?.fate.to ?? [])),
    ...(story?.deliveries ?? []).map(({ output }) => output),
    ...(live?.deliveries ?? []).map(({ output }) => output),
    ...resting.flatMap(({ output }) => output ?? []),
  ]);
  return [...outputs].map((output) =>
    deliveryNow({
      output,
      row: story?.deliveries.find((row) => row.output === output),
      attempts: markReplays(
        output,
        (story?.attempts ?? []).filter((row) => row.output === output),
        story?.actions ?? [],
      ),
      live: live?.deliveries.find((one) => one.output === output),
      resting: resting.find((entry) => entry.output === output),
    }),
  );
}

function unknownNotes(deliveries: readonly TracedDelivery[]): string[] {
  return deliveries
    .filter(({ where }) => where === 'unknown')
    .map(({ output, state }) =>
      state === 'dead'
        ? `${output}: it became a dead letter, and is none now: it was replayed, moved or purged, or Redis could not be asked`
        : `${output}: where it waits was not found: it may be moving at this moment`,
    );
}
