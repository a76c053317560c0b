import type { DeliveryResult } from '@ringback/contracts';

/** Why an attempt failed, as metrics and traces say it. `no_answer`: no connection, or no complete answer in time. */
export type FailureReason = 'no_answer' | 'unavailable' | 'error' | 'refused' | 'internal';

/** Of a delivered one it means nothing. */
export function failureReasonOf(result: DeliveryResult): FailureReason {
  if (result.outcome === 'delivered' || result.fault === 'ours') return 'internal';
  if (result.outcome === 'dead') return 'refused';
  if (result.failure === 'error') return 'error';
  return result.status === undefined ? 'no_answer' : 'unavailable';
}
