import { DeliveryPayload } from '@ringback/contracts';
import { Compile } from 'typebox/compile';
import type { StandingJob } from '../bullmq/carry-jobs.ts';
import { outputQueueName, referenceId } from '../bullmq/names.ts';
import { createBodies } from '../deliveries/bodies/bodies.ts';
import { copyShare } from '../deliveries/bodies/carry.ts';
import { type CarriedJobs, carryQueue } from './carry-queue.ts';
import { needRoom, type ShardPlace } from './place.ts';

/** Bodies of a batch may take 1 MiB. */
const PAGE = 20;

const payload = Compile(DeliveryPayload);

type CarryOutput = {
  readonly output: string;
  readonly from: ShardPlace;
  readonly to: ShardPlace;
  readonly say: (line: string) => void;
};
export type CarriedOutput = CarriedJobs & { readonly held: number };

/** Moves all that one output has in a shard to another one: held batches, jobs of each state, dead letters. */
export async function carryOutput(options: CarryOutput): Promise<CarriedOutput> {
  const { output, from, to } = options;
  const held = await carryHeld(options);
  const bodies = createBodies(from);
  const carried = await carryQueue({
    from,
    queue: outputQueueName(output),
    targetOf: () => to,
    prepare: async (job) => withBodies(job, options),
    // MUST follow the job: a job never names bodies that are gone.
    removed: async (job) => {
      const stored = bodiesOf(job);
      if (stored !== undefined) await bodies.release(stored.bodies, output);
    },
    taken: 'rename',
  });
  return { ...carried, held };
}

async function carryHeld({ output, from, to, say }: CarryOutput): Promise<number> {
  const bodies = createBodies(from);
  let carried = 0;
  for (;;) {
    const ids = await bodies.held(output, PAGE);
    if (ids.length === 0) return carried;
    await needRoom(to);
    // One after the other: the oldest stays the first.
    for (const id of ids) await copyShare(from, to, { id, output, by: 'held list', foreign: tell(say) });
    await to.confirm();
    for (const id of ids) await bodies.release(id, output);
    carried += ids.length;
  }
}

async function withBodies(job: StandingJob, { output, from, to, say }: CarryOutput): Promise<StandingJob> {
  const stored = bodiesOf(job);
  const id = stored && (await copyShare(from, to, { id: stored.bodies, output, by: 'job', foreign: tell(say) }));
  if (stored === undefined || id === undefined || id === stored.bodies) return job;
  const data = Buffer.from(JSON.stringify({ ...stored, bodies: id }));
  return { ...job, id: referenceId(id, output), fields: { ...job.fields, data } };
}

function tell(say: (line: string) => void) {
  return (key: string) => {
    const then = 'It stays there, and a worker sets the deliveries that name it aside as a dead letter (RB_PAYLOAD_INVALID)';
    say(`${key} is not of the kind that Ringback writes. ${then}`);
  };
}

function bodiesOf({ fields }: StandingJob) {
  const data = jsonOf(fields['data']);
  return payload.Check(data) && data.kind === 'reference' ? data : undefined;
}

/** A damaged job is moved as it is. */
export function jsonOf(text: Buffer | undefined): unknown {
  try {
    const value: unknown = JSON.parse(text?.toString() ?? '');
    return value;
  } catch {
    return undefined;
  }
}
