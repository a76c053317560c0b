import type { Job, JobType, Queue } from 'bullmq';

const PAGE = 100;

export type Pages = { readonly queue: Queue; readonly state: JobType; readonly order: 'newest first' | 'oldest first' };

/** The jobs of a queue in one state, page by page. Where jobs come and go meanwhile, one may be missed or come twice. */
export async function* jobsOf({ queue, state, order }: Pages): AsyncGenerator<Job> {
  for (let start = 0; ; start += PAGE) {
    const ids = await queue.getRanges([state], start, start + PAGE - 1, order === 'oldest first');
    if (ids.length === 0) return;
    for (const job of await Promise.all(ids.map((id) => queue.getJob(id)))) if (job) yield job;
  }
}
