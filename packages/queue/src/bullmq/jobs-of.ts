import type { Job, JobType, Queue } from 'bullmq';

const PAGE = 100;

export type Place = { readonly queue: Queue; readonly state: JobType };

/**
 * Ids of the jobs of a queue in one state, newest first, by pages that count from the oldest end.
 * So no job that stays is missed while others come and go; one may come twice.
 */
export async function* idPages({ queue, state, size }: Place & { readonly size: number }): AsyncGenerator<string[]> {
  for (let end = await queue.getJobCountByTypes(state); end > 0; end -= size) {
    yield (await queue.getRanges([state], Math.max(0, end - size), end - 1, true)).toReversed();
  }
}

/** The jobs of a queue in one state, in the same order. */
export async function* jobsOf(place: Place): AsyncGenerator<Job> {
  for await (const ids of idPages({ ...place, size: PAGE })) {
    for (const job of await Promise.all(ids.map((id) => place.queue.getJob(id)))) if (job) yield job;
  }
}
