export { type Consumer, HandBack } from './bullmq/consumer.ts';
export { batchPartId } from './bullmq/names.ts';
export {
  callbackQueueState,
  keptQueueState,
  outputQueueState,
  type QueueDepths,
  type QueueState,
  sumOfDepths,
} from './bullmq/queue-state.ts';
export { createBatchWriter } from './callbacks/batch-writer.ts';
export { consumeCallbacks, type TakenBatch } from './callbacks/consumer.ts';
export { type CallbackProducer, createCallbackProducer } from './callbacks/producer.ts';
export { findCallbacks, type StandingCallback } from './callbacks/find-callback.ts';
export { createRouteCounts, readRouteCounts, type RouteCounts, sumOfRouteCounts } from './callbacks/route-counts.ts';
export { createBatchProducer } from './callbacks/batch-producer.ts';
export { standingOfBatch } from './deliveries/standing-of-batch.ts';
export { createBacklogBound, parks } from './deliveries/backlog-bound.ts';
export { createDropNoter, NO_BACKLOG, type OutputBacklog, readBacklog, sumOfBacklogs } from './deliveries/bodies/backlog.ts';
export { type BacklogBound, type Bodies, createBodies, type Share } from './deliveries/bodies/bodies.ts';
export { createParking, type MarkedShare, type ParkedGroup, type Parking } from './deliveries/bodies/parking.ts';
export { sweepBodies } from './deliveries/bodies/sweep.ts';
export { consumeDeliveries, type DeliveryHandlers } from './deliveries/consumer.ts';
export { findDelivery, type StandingDelivery } from './deliveries/find-delivery.ts';
export { forgetOutput, knownOutputs, noteOutputs } from './deliveries/known-outputs.ts';
export { moveDeliveries, type MoveOptions, type MoveTarget } from './deliveries/move.ts';
export type { MovePlace } from './deliveries/move-plan.ts';
export type { MovedDeliveries } from './deliveries/move-portion.ts';
export type { RoutedBatch } from './deliveries/jobs.ts';
export { createDeliveryProducer, type DeliveryProducer } from './deliveries/producer.ts';
export { standingDeliveries } from './deliveries/standing-deliveries.ts';
export { settle, type Settlement, type SettleOptions, type Spent } from './deliveries/settle.ts';
export { forgetInQueues } from './forget/forget.ts';
export type { ForgottenIn, Person } from './forget/person.ts';
export { openDeadLetters } from './kept/dead-letters.ts';
export type { Kept, KeptFilter, KeptStore } from './kept/kept.ts';
export { joinKeptStores, joinResting } from './kept/kept-in-shards.ts';
export { createLeaving, type LeavingCallback, type LeavingDeadLetter } from './kept/leaving.ts';
export { createQuarantineProducer, type QuarantineProducer } from './kept/quarantine-producer.ts';
export { openQuarantineStore, replayQuarantined } from './kept/quarantine-store.ts';
export { createQuarantine, createUnroutedQuarantine, type Quarantine } from './kept/quarantine.ts';
export { quarantineOfShard } from './kept/quarantine-room.ts';
export { announce } from './processes/announce.ts';
export type { Counted, ProcessState } from './processes/process-state.ts';
export { leftPrefixes } from './processes/other-prefixes.ts';
export { type RunningProcess, runningProcesses } from './processes/registry.ts';
export { settingsDifference } from './processes/settings-difference.ts';
export { standingUnder } from './processes/standing.ts';
export { usedKeys } from './processes/used-keys.ts';
export { type CallbacksLeft, callbacksLeft, isDispatchPaused } from './reshard/callbacks-left.ts';
export { type Moved, moveShards } from './reshard/move-shards.ts';
export { needRoom, type Plan, type ShardPlace } from './reshard/place.ts';
