export { type CallbackRef, DELIVERY_STATES, type DeliveryState, type Fate, HistoryEvent } from './events.ts';
export { forgetInStream } from './hand-over/forget-stream.ts';
export { createHandOver, type HandOver, type OpenHandOver } from './hand-over/hand-over.ts';
export { type BufferState, hasWriter, peekAtStream, readBufferState } from './hand-over/look-at-stream.ts';
export { standingEvents } from './hand-over/standing-events.ts';
export type { BodyStore } from './store/bodies.ts';
export { newerOf, withLastRetry } from './store/newest-state.ts';
export { type HistoryPlace, openHistory, type OpenOptions, tlsOfHistory } from './open.ts';
export { problemOf } from './problem-of.ts';
export { moveKept, type MoveKeptOptions, runKeptMoves } from './kept/move-kept.ts';
export { createRestKept } from './kept/rest-kept.ts';
export { moveParked, purgeParked } from './parking/move-parked.ts';
export { createParkOutput, type ParkedOutput } from './parking/park-output.ts';
export { runShardParking, type ShardParkingOptions } from './parking/shard-parking.ts';
export {
  REST_KINDS,
  type RestCount,
  type RestEntry,
  type RestFilter,
  type Resting,
  type RestKind,
  type RestStore,
} from './store/rest.ts';
export {
  type ActionRow,
  type AttemptRow,
  type CallbackRow,
  type DeliveryRow,
  type GapRow,
  type HistoryRows,
  NO_ROWS,
  type RefusalRow,
  type RepeatRow,
} from './store/rows.ts';
export type {
  CallbackStory,
  Forgotten,
  ForgetSelection,
  FoundCallback,
  HistoryFilter,
  HistoryStatus,
  HistoryStore,
  Page,
  Pruned,
  PruneLimits,
  TaskStory,
  TaskSummary,
} from './store/store.ts';
export type { SubjectsOf } from './writer/rows-of.ts';
export { runWriter } from './writer/writer.ts';
