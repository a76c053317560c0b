export { freePort, type PrivateRedis, type PrivateRedisOptions, startRedisServer, testRedis } from './redis.ts';
export { createSink, type Sink, type SinkAnswer, type SinkRequest, type SinkScript } from './http-sink.ts';
export { type OutputConformance, sampleDelivery, secretsShown } from './output-bench.ts';
export { describeOutputConformance } from './output-conformance.ts';
export { type AppProcess, startApp, writeSettings } from './app-process.ts';
