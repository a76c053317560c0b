/** Thrown from a job's run, it puts the job into the failed set at once, whatever attempts it has left. */
export { UnrecoverableError } from 'bullmq';
