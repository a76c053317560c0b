export { consumeCallbacks, type TakenBatch } from './callback-consumer.ts';
export { type CallbackProducer, createCallbackProducer } from './callback-producer.ts';
export { answersPing, connectPatient } from './connection.ts';
export { type Consumer, HandBack } from './consumer.ts';
export { consumeDeliveries, type DeliveryHandlers } from './delivery-consumer.ts';
export { createDeliveryProducer, type DeliveryProducer } from './delivery-producer.ts';
export { createGroupCommit } from './group-commit.ts';
