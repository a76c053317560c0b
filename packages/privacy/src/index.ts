export { createLogMask } from './mask/log-mask.ts';
export { maskedOutput } from './mask/masked-output.ts';
