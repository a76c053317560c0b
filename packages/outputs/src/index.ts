export { failureReason } from './failure.ts';
export { askHttp, createHttpClient } from './http.ts';
export { type Certificate, reach, type Reach, type Secure } from './reach.ts';
export { createOutput, outputTypes } from './registry.ts';
