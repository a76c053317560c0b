import { callbackKey } from '@ringback/contracts';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { idPages } from '../bullmq/jobs-of.ts';
import { deliveryBatchId, outputQueueName, referenceId, singleDeliveryId } from '../bullmq/names.ts';
import { openQueue } from '../bullmq/queue-options.ts';
import { standingKeys } from './add-again.ts';
import { createBodies } from './bodies/bodies.ts';

type Access = { readonly redis: Redis; readonly prefix: string };
type Deliveries = { readonly batch: string; readonly output: string; readonly keys: readonly string[] };

/** As `findDelivery` bounds it: only parts that a later run of a batch stored have bodies under another id than its own. */
const LOOKED_AT = 10_000;
const PAGE = 1000;

/**
 * Those of a batch's deliveries that Redis has in some way: in a job, dead letters too, or held.
 * @throws RingbackError RB_PAYLOAD_INVALID if what holds them cannot be read
 */
export async function standingOfBatch(access: Access, { batch, output, keys }: Deliveries): Promise<ReadonlySet<string>> {
  const queue = openQueue(outputQueueName(output), access);
  const bodies = createBodies(access);
  try {
    const singles = keys.map(async (key) => ((await queue.getJob(singleDeliveryId({ batch, key, output }))) ? [key] : []));
    const held = (await bodies.held(output, LOOKED_AT)).filter((id) => id.startsWith(`${batch}.`));
    const ids = new Set([batch, ...held, ...(await partsInJobs(queue, batch, output))]);
    const shares = await Promise.all([...ids].map((id) => bodies.read(id, output)));
    const stored = shares.flatMap((share) => (share?.callbacks ?? []).map(callbackKey));
    const together = await standingKeys(queue, deliveryBatchId(batch, output));
    return new Set([...(await Promise.all(singles)).flat(), ...(together ?? []), ...stored]);
  } finally {
    await queue.close();
  }
}

/** Ids of stored bodies of the batch that jobs name. */
async function partsInJobs(queue: Queue, batch: string, output: string): Promise<string[]> {
  const parts: string[] = [];
  const end = referenceId('', output);
  for (const state of ['active', 'waiting', 'delayed', 'failed'] as const) {
    let looked = 0;
    for await (const ids of idPages({ queue, state, size: PAGE })) {
      looked += ids.length;
      parts.push(...ids.filter((id) => id.startsWith(`${batch}.`) && id.endsWith(end)).map((id) => id.slice(0, -end.length)));
      if (looked >= LOOKED_AT) break;
    }
  }
  return parts;
}
