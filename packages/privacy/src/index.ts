export { type BodyCodec, createBodyCodec, type EncryptSettings, keyIds } from './encrypt/body-codec.ts';
export { newKey } from './encrypt/keys.ts';
export { changeBodies } from './encrypt/change-bodies.ts';
export { sealStored } from './encrypt/seal-stored.ts';
export { openedOutput } from './encrypt/opened-output.ts';
export { keyOfHead, sealedWith } from './encrypt/seal.ts';
export { createLogMask } from './mask/log-mask.ts';
export { maskedOutput } from './mask/masked-output.ts';
export { type PathStep, pathSteps } from './mask/path-pattern.ts';
