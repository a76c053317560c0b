import { DeliveryPayload, type Fault } from '@ringback/contracts';
import type { Job } from 'bullmq';
import { Compile } from 'typebox/compile';
import { faultOf } from './earlier-fault.ts';

const payload = Compile(DeliveryPayload);

type Failure = {
  /** Over all jobs. */
  readonly attempts: number;
  readonly reason: string;
  readonly fault: Fault;
};

/** How a job of an output's queue failed. A batch has no destination that could be at fault. */
export function failureOf(job: Job): Failure {
  const data: unknown = job.data;
  const reason = job.failedReason ?? '';
  const runs = { attempts: job.attemptsMade, reason, fault: 'ours' } as const;
  if (!payload.Check(data) || data.kind === 'batch') return runs;
  const fault = faultOf(data, data.refused ?? reason);
  // The one run of a refused job makes no attempt.
  const own = data.refused === undefined ? job.attemptsMade : 0;
  if (data.kind === 'reference') return { attempts: own, reason, fault };
  const { priorAttempts, uncounted = 0 } = data;
  return { attempts: priorAttempts + uncounted + own, reason, fault };
}
