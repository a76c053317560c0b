/** Names from docs/protocols.md. */
export const INVARIANTS = {
  ACKED_IS_QUEUED: 'every acked callback has a claim in the ledger',
  ONE_OWNER: 'of requests with one requestID, one body goes out, once to each output',
  NO_LOST_FANOUT: 'every acked callback was taken by each of its outputs, or is a dead letter there',
  REPEAT_ONLY_IN_WINDOW: 'the destination takes a delivery twice only if we had not recorded its first answer at the crash',
  SAME_WEBHOOK_ID: 'every attempt of a callback has one webhook-id',
  OUTCOME_IS_TRUE: 'the ledger says of each delivery what became of it',
  REFUSED_IS_KEPT: 'a conflict and a refused misfit are in quarantine, each once',
  NOTHING_LEFT: 'Redis and the spool hold no more than docs/architecture.md names',
  MEMORY_IS_BACK: 'Redis uses as much memory for its data as after a run without faults',
  READY_AGAIN: 'ingress and worker are ready',
} as const;

export type Invariant = keyof typeof INVARIANTS;
