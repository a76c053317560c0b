export { createHttpClient } from './http.ts';
export { createOutput, outputTypes } from './registry.ts';
