import { type Callback, callbackKey } from '@ringback/contracts';
import { JOB_STATES, jobsIn } from '../bullmq/carry-jobs.ts';
import { outputQueueName } from '../bullmq/names.ts';
import { createBodies } from './bodies/bodies.ts';
import type { MovePlace } from './move-plan.ts';
import { readSource, type Source, sourceOf } from './move-source.ts';

const JOBS_AT_ONCE = 50;

/**
 * All deliveries that an output has in a shard and that have not ended: in jobs of any state, dead letters too, and
 * held. Some at a time. Only for an output that no worker serves. What cannot be read is left out.
 */
export async function* standingDeliveries(place: MovePlace, output: string): AsyncGenerator<readonly Callback[]> {
  const { redis, prefix } = place;
  const bodies = createBodies({ redis, prefix });
  const reading = { bodies, from: output };
  const open = async (sources: readonly Promise<Source | undefined>[]) => {
    const read = (await Promise.all(sources)).flatMap((source) => source ?? []);
    return (await Promise.all(read.map((source) => openIn(source, output, place)))).flat();
  };
  for (const state of JOB_STATES) {
    for (let skip = 0; ; skip += JOBS_AT_ONCE) {
      const jobs = await jobsIn({ redis, prefix, queue: outputQueueName(output) }, state, { skip, count: JOBS_AT_ONCE });
      if (jobs.length === 0) break;
      yield await open(jobs.map(({ fields }) => sourceOf(jsonOf(fields['data']), reading)));
    }
  }
  const held = await bodies.held(output);
  for (let from = 0; from < held.length; from += JOBS_AT_ONCE)
    yield await open(held.slice(from, from + JOBS_AT_ONCE).map((id) => readSource(reading, id)));
}

/** A delivery of a batch with an outcome has ended, or is in another place. One that has returned is in this one. */
async function openIn({ kind, batch, callbacks }: Source, output: string, { outcomes }: MovePlace): Promise<Callback[]> {
  if (callbacks.length === 0) return [];
  const known = await outcomes({ batch, output }, callbacks.map(callbackKey));
  return callbacks.filter((_, index) => (kind === 'single' ? !isOver(known[index]) : isOpen(known[index])));
}

const isOpen = (outcome: string | undefined) => outcome === undefined || outcome === 'returned';
const isOver = (outcome: string | undefined) => outcome === 'delivered' || outcome === 'dropped';

/** Undefined: damaged. */
function jsonOf(text: Buffer | undefined): unknown {
  try {
    const value: unknown = JSON.parse(text?.toString() ?? '');
    return value;
  } catch {
    return undefined;
  }
}
