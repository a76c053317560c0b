export { fromDebian, type UnpackedTree, type WantedPackage } from './debian.ts';
export { whyNoImage } from './docker.ts';
export { freePort, isFreePort } from './free-port.ts';
export { guard } from './guard.ts';
export { locateProgram } from './locate.ts';
export { makePrivateFolder, PRIVATE_UMASK, writePrivateFile } from './private-files.ts';
export { until } from './until.ts';
