import type { Algorithm } from './test-source.ts';

/** For the tests beside it: an attacker who knows a digest and the length of what was hashed, and no secret. */
const BLOCK = 64;

/** What MD5 and SHA-256 append to a message of `length` bytes before they hash it (RFC 1321 section 3, FIPS 180-4 section 5.1.1). */
export function padding(algorithm: Algorithm, length: number): Buffer {
  const zeros = (BLOCK + 55 - (length % BLOCK)) % BLOCK;
  const field = Buffer.alloc(8);
  if (algorithm === 'md5') field.writeBigUInt64LE(BigInt(length) * 8n);
  else field.writeBigUInt64BE(BigInt(length) * 8n);
  return Buffer.concat([Buffer.of(0x80), Buffer.alloc(zeros), field]);
}

/** The upper-case hex digest of (hidden message + its padding + suffix), from the hidden message's own digest and length. */
export function extendDigest(options: { algorithm: Algorithm; digest: string; length: number; suffix: Buffer }): string {
  const { algorithm, digest, length, suffix } = options;
  const hashed = length + padding(algorithm, length).length;
  const rest = Buffer.concat([suffix, padding(algorithm, hashed + suffix.length)]);
  const bytes = Buffer.from(digest, 'hex');
  const words = Array.from({ length: bytes.length / 4 }, (_, index) =>
    algorithm === 'md5' ? bytes.readUInt32LE(index * 4) : bytes.readUInt32BE(index * 4),
  );
  const compress = algorithm === 'md5' ? md5Block : sha256Block;
  let state: readonly number[] = words;
  for (let at = 0; at < rest.length; at += BLOCK) state = compress(state, rest.subarray(at, at + BLOCK));
  const result = Buffer.alloc(bytes.length);
  for (const [index, word] of state.entries()) {
    if (algorithm === 'md5') result.writeUInt32LE(word, index * 4);
    else result.writeUInt32BE(word, index * 4);
  }
  return result.toString('hex').toUpperCase();
}

const at = (list: readonly number[], index: number): number => list[index] ?? 0;
const rotateLeft = (word: number, by: number) => (word << by) | (word >>> (32 - by));
const rotateRight = (word: number, by: number) => (word >>> by) | (word << (32 - by));
const add = (state: readonly number[], change: readonly number[]) => state.map((word, index) => (word + at(change, index)) >>> 0);

const SINES = Array.from({ length: 64 }, (_, index) => Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32));
const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];

/** RFC 1321, section 3.4. */
function md5Block(state: readonly number[], block: Buffer): number[] {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < 64; step += 1) {
    const round = Math.floor(step / 16);
    const mixed = [(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)];
    const word = [step, 5 * step + 1, 3 * step + 5, 7 * step];
    const sum = a + at(mixed, round) + at(SINES, step) + block.readUInt32LE((at(word, round) % 16) * 4);
    [a, d, c] = [d, c, b];
    b = (b + rotateLeft(sum | 0, at(SHIFTS[round] ?? [], step % 4))) | 0;
  }
  return add(state, [a, b, c, d]);
}

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const ROOTS = Array.from({ length: 311 }, (_, number) => number + 2)
  .filter((number) => Array.from({ length: number - 2 }, (_, index) => index + 2).every((divisor) => number % divisor !== 0))
  .slice(0, 64)
  .map((prime) => Math.floor((Math.cbrt(prime) % 1) * 2 ** 32));

/** FIPS 180-4, section 6.2.2. */
function sha256Block(state: readonly number[], block: Buffer): number[] {
  const schedule = Array.from({ length: 16 }, (_, index) => block.readUInt32BE(index * 4));
  for (let step = 16; step < 64; step += 1) {
    const [early, late] = [at(schedule, step - 15), at(schedule, step - 2)];
    const small = rotateRight(early, 7) ^ rotateRight(early, 18) ^ (early >>> 3);
    const large = rotateRight(late, 17) ^ rotateRight(late, 19) ^ (late >>> 10);
    schedule.push((at(schedule, step - 16) + small + at(schedule, step - 7) + large) | 0);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let step = 0; step < 64; step += 1) {
    const large = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25);
    const one = (h + large + ((e & f) ^ (~e & g)) + at(ROOTS, step) + at(schedule, step)) | 0;
    const small = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22);
    const two = (small + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  return add(state, [a, b, c, d, e, f, g, h]);
}
