// What works without vitest, for the fault harness. The caller ends what it starts.
export { programOf } from './app-program.ts';
export { compiled } from './compiled.ts';
export { figuresTable } from './figures-table.ts';
export { findTestRedis, STATE_FOLDER } from './find-redis.ts';
export { createSink, type Sink, type SinkAnswer, type SinkRequest } from './http-sink.ts';
export { SAMPLE_ACCOUNT, SIGNING_SECRET } from './interface-settings.ts';
export { type PrivateRedis, type PrivateRedisOptions, runPrivateRedis } from './private-redis.ts';
export { type PrivatePostgres, prepareTestPostgres, runPrivatePostgres } from './private-postgres.ts';
export { demoted, followed, handOver, hangPrimary, killPrimary } from './break-primary.ts';
export { postCallback, sign, taskBody } from './provider.ts';
export { type RedisSet, runCluster, runSentinelSet } from './redis-sets.ts';
export { startSlotMove } from './slot-move.ts';
export { rawChunkedRequest, rawRequest } from './raw-request.ts';
export { type AppProcess, spawnApp } from './spawn-app.ts';
export { createRespProxy, type Halt, type HaltSide, type RespProxy } from './resp-proxy.ts';
export { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';
export { freePort, until } from '@ringback/redis-server';
