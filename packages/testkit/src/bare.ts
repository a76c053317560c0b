// What works without vitest: for the fault harness, whose processes no test run owns. Its caller ends what it starts.
export { createSink, type Sink, type SinkAnswer, type SinkRequest } from './http-sink.ts';
export { type PrivateRedis, type PrivateRedisOptions, runPrivateRedis } from './private-redis.ts';
export { type AppProcess, spawnApp } from './spawn-app.ts';
export { createRespProxy, type Halt, type HaltSide, type RespProxy } from './resp-proxy.ts';
export { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';
export { until } from './until.ts';
