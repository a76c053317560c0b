export { isOpenToOthers } from './admin-access.ts';
export { type AdminServer, isPortTaken, startAdminServer } from './admin-server.ts';
export { createMetrics, type GaugeValue, type Metrics } from './metrics/metrics.ts';
export type { Count } from './metrics/counter.ts';
export { createLogger, describeError } from './logger.ts';
export { keepErrorListener, surviveBrokenConnections } from './socket-errors.ts';
export { openStdout } from './stdout.ts';
export { stopSignal } from './stop-signal.ts';
export { printsVersion, VERSION } from './version.ts';
