// The load generator: a process of its own, so that what it costs is not the contestant's, and is known.
import { serve } from '../child.ts';
import { writeRequests } from './requests.ts';
import { type LoadResult, runLoad } from './run.ts';

export type LoadCalls = ReturnType<typeof createLoad>;

function createLoad() {
  let series = 0;
  let requests: Buffer[] = [];
  let answered: Float64Array = new Float64Array(0);

  return {
    /** Signs the requests of the next run, before its clock starts; each is sent once. */
    prepare({ count, taskStatus }: { count: number; taskStatus: number }): void {
      series += 1;
      requests = writeRequests({ count, taskStatus, series });
    },
    async run(options: { urls: readonly string[]; connections: number; rate?: number | undefined }): Promise<LoadResult> {
      const run = await runLoad({ ...options, requests });
      requests = [];
      ({ answered } = run);
      return run.result;
    },
    /** When each request of the last run was answered, by `micros()`. */
    answered: (): Float64Array => answered,
  };
}

serve(createLoad());
