// A process of its own: its cost is not the contestant's.
import { serve } from '../child.ts';
import { writeRequests } from './requests.ts';
import { type LoadResult, runLoad } from './run.ts';

export type LoadCalls = ReturnType<typeof createLoad>;

function createLoad() {
  let series = 0;
  let requests: Buffer[] = [];
  let answered: Float64Array = new Float64Array(0);

  return {
    /** Before the clock starts. Each is sent once. */
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
    /** By `micros()`. */
    answered: (): Float64Array => answered,
  };
}

serve(createLoad());
