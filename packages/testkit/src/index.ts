export { freePort, redisSpec, startRedisServer, testRedis } from './redis.ts';
export { createSink, type Sink, type SinkAnswer, type SinkRequest, type SinkScript } from './http-sink.ts';
export { type OutputConformance, sampleDelivery, secretsShown } from './output-bench.ts';
export { describeOutputConformance } from './output-conformance.ts';
export { startApp, writeSettings } from './app-process.ts';
export { type AppProcess } from './spawn-app.ts';
export type { PrivateRedis, PrivateRedisOptions } from './private-redis.ts';
export { watchCommands } from './sent-commands.ts';
export { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';
