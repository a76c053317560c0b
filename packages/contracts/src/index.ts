export { type AddressList, AddressRange, createAddressList } from './address-list.ts';
export { ALERTS } from './alerts.ts';
export { bodyDigest, Callback, callbackKey, idempotencyKeyOf, SEALED_MARK, type TraceHeaders } from './callback.ts';
export type { Batch, BatchProducer } from './batch-producer.ts';
export type { Delivery, DeliveryResult, Failure, Fault } from './delivery.ts';
export { DURABILITIES, type Durability } from './durability.ts';
export { codeOfReason, faultOfReason } from './earlier-reasons.ts';
export { cannotDecrypt, ERROR_CODES, RingbackError, type ErrorCode } from './error.ts';
export { type Effort, type Explaining, type Explanation, type Reason, REASON_CODES, type ReasonCode } from './explanation.ts';
export { type Logger, loggerOfShard, SILENT } from './logger.ts';
export type { Endpoint, HttpAnswer, HttpClient, HttpRequest, Output, OutputDeps, OutputType } from './output.ts';
export {
  CallbackBatch,
  callbacksOf,
  DeliveryBatch,
  DeliveryPayload,
  DeliveryReference,
  groupCallbacks,
  QuarantinedCallback,
  SingleDelivery,
  StoredBodies,
  StoredShare,
  versionFor,
} from './payloads.ts';
export { createSecret, isSecret, type Secret, secretsIn, UNSET_SECRET } from './secret.ts';
export { DeliverySettings } from './delivery-settings.ts';
export { LogMask, type MaskSettings, OutputMask, type PersonalFields } from './mask-settings.ts';
export { outputPart } from './settings-parts.ts';
export { Bounded, Duration, PatternText, Percentage, SecretText, Section, type Settings, Size } from './settings.ts';
export { createShardFinder, homeShardOf, partOfShard, placeOfKey, shardOf } from './shard-of.ts';
export type {
  Headers,
  HttpReply,
  InboundRequest,
  Outcome,
  Placed,
  ReadAnswer,
  RequestHead,
  SampleOptions,
  Sender,
  SendOptions,
  Source,
  SourceType,
  VerifiedRequest,
  WeakSecret,
} from './source.ts';
export type { Subjects, TaskProgress } from './subjects.ts';
