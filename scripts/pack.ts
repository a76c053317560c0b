// `npm run pack`: the package that `npx ringback` runs, as dist/ringback and dist/ringback-<version>.tgz.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pack } from './pack/pack.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;

const { tarball, size, unpackedSize, files } = await pack({ root, to: fileURLToPath(new URL('../dist', import.meta.url)) });
console.log(`${relative(root, tarball)}: ${kib(size)}, ${kib(unpackedSize)} unpacked, ${files.length} files`);
