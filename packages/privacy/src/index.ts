export { type BodyCodec, createBodyCodec } from './encrypt/body-codec.ts';
export { newKey } from './encrypt/keys.ts';
export { openPayload } from './encrypt/open-payload.ts';
export { sealStored } from './encrypt/seal-stored.ts';
export { openedOutput } from './encrypt/opened-output.ts';
export { createLogMask } from './mask/log-mask.ts';
export { maskedOutput } from './mask/masked-output.ts';
export { type PathStep, pathSteps } from './mask/path-pattern.ts';
