export { askRedis } from './ask.ts';
export {
  CLUSTER_SETTINGS,
  CLUSTER_SIZE,
  PRIMARIES,
  type ClusterNode,
  clusterSound,
  hasSlots,
  joinCluster,
  replicaLinked,
} from './cluster.ts';
export { findRedis } from './find.ts';
export { freePort, isFreePort } from './free-port.ts';
export { JAVASCRIPT_BANNER, redisInJavaScript } from './javascript.ts';
export { makePrivateFolder, writePrivateFile } from './private-files.ts';
export { type RedisServer, type RedisServerTls, startRedis } from './server.ts';
export type { RedisServerSpec } from './server-spec.ts';
export { until } from './until.ts';
