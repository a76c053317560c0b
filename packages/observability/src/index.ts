export { type AdminServer, isPortTaken, startAdminServer } from './admin-server.ts';
export { createLogger, describeError } from './logger.ts';
export { stopSignal } from './stop-signal.ts';
