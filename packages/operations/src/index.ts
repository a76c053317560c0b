export { type ExplainedRouting, explainRouting, keptCallback, type KeptCallback } from './explain-kept.ts';
export { type CallbackFilter, cleanId, FILTER_STATES, fitsResting, historyFilterOf, restFilterOf } from './filter.ts';
export { type Copied, copyHistory } from './history/copy.ts';
export { exportRows, importRows } from './history/move-rows.ts';
export { historyStatus, type WholeStatus } from './history/status.ts';
export { createMissing, type Places, type ShardPlace } from './places.ts';
export { encryptionStatus, type EncryptionOptions, type EncryptionStatus } from './encryption/status.ts';
export { rotate, type Rotated } from './encryption/rotate.ts';
export type { BodiesAt } from './encryption/tally.ts';
export { forget, type Forgot, type Looked } from './forget/forget.ts';
export { createPerson, type Person } from './forget/person.ts';
export { phoneMatcher } from './forget/phone.ts';
export { follow, type FollowOptions } from './search/follow.ts';
export type { Found } from './search/found.ts';
export { count, keptPlaceOf, search, type SearchOptions, type SearchPage, type SearchResult } from './search/search.ts';
export { trace, type TraceOptions, type TraceResult } from './trace/trace.ts';
export type { Traced, TracedCallback, TracedDelivery } from './trace/traced.ts';
export { plan, type Plan, type PlannedOutput, type PlanSettings, type Shift } from './plan/plan.ts';
export { type ReplayTarget } from './replay/assign.ts';
export { type EnqueuePlace, type ReplayOutput } from './replay/enqueue.ts';
export { replay, type ReplayOptions, type ReplayProgress, type ReplayResult } from './replay/replay.ts';
export { createFindMoving } from './replay/moving.ts';
export { createRoom, type Room, type RoomPlace } from './replay/room.ts';
export { createReplayState, type ReplayCounts } from './replay/state.ts';
export { surveyReplay, type ReplaySurvey } from './replay/survey.ts';
export type { Tally } from './plan/tally.ts';
export { type Reconciled, reconcile } from './tasks/reconcile.ts';
export { missingInWords } from './tasks/words.ts';
export type { AskShards } from './installation/ask.ts';
export { dispatchStatus, type DispatchStatus, readDispatch } from './installation/dispatch.ts';
export { knownProcesses } from './installation/known-processes.ts';
export { type OutputStatus, readOutputs, servingWorkers } from './installation/outputs.ts';
export { type InstallationStatus, readStatus, type StatusOptions } from './installation/status.ts';
export { type Condition, conditionsOf } from './conditions/conditions.ts';
export { findBigKeys } from './doctor/big-keys.ts';
export type { Finding, Severity } from './doctor/finding.ts';
export { examineBuffer, examineHistory } from './doctor/history.ts';
export { findOtherPrefixes, findRemovedOutputs } from './doctor/leftovers.ts';
export {
  judgeClock,
  judgeLatency,
  judgeMemory,
  judgePersistence,
  judgePolicy,
  judgeVersion,
  mebibytes,
} from './doctor/server.ts';
export { type AlertOptions, type AlertLook, lookForAlerts, type LookSettings } from './alerts/alerts.ts';
export { decide, type Entries, type Notice, type Present } from './alerts/decide.ts';
export { callbackOf, receiversOf } from './alerts/notice.ts';
export { type AlertState, createAlertState } from './alerts/state.ts';
