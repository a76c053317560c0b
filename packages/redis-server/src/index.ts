export { findRedis } from './find.ts';
export { freePort } from './free-port.ts';
export { JAVASCRIPT_BANNER, redisInJavaScript } from './javascript.ts';
export { makePrivateFolder, writePrivateFile } from './private-files.ts';
export { type RedisServer, startRedis } from './server.ts';
export type { RedisServerSpec } from './server-spec.ts';
