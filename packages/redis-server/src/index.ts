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
export { freePort, isFreePort, makePrivateFolder, until, writePrivateFile } from '@ringback/server-programs';
export { JAVASCRIPT_BANNER, redisInJavaScript } from './javascript.ts';
export { type RedisServer, type RedisServerTls, startRedis } from './server.ts';
export type { RedisServerSpec } from './server-spec.ts';
