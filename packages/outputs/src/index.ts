export { askHttp, createHttpClient } from './http.ts';
export { type Certificate, reach, type Reach } from './reach.ts';
export { createOutput, outputTypes } from './registry.ts';
