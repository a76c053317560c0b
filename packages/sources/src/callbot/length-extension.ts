/** MD5 and SHA-256 hash 64-byte blocks. They pad a message with a 1 bit, zeros and its length in 8 bytes. */
const BLOCK = 64;
const LENGTH_FIELD = 8;

type Extendable = {
  readonly body: Buffer;
  /** Bytes before the body in the signed message. */
  readonly bytesBefore: number;
  readonly algorithm: 'md5' | 'sha256';
};

/**
 * Whether a correctly signed body may be a length-extension attack: an old signed message, its hash padding and any text.
 * Valid JSON has no NUL, so it is never suspected.
 */
export function isLengthExtension({ body, bytesBefore, algorithm }: Extendable): boolean {
  if (!body.includes(0)) return false;
  const earliest = endOfFirstTail(body);
  if (earliest === undefined) return false;
  for (let end = BLOCK - (bytesBefore % BLOCK); end <= body.length; end += BLOCK) {
    const start = end < LENGTH_FIELD ? undefined : messageLength(body, end, algorithm) - bytesBefore;
    if (start !== undefined && start >= earliest && isPadding(body, start, end)) return true;
  }
  return false;
}

/** Of `&createTs=…&requestID=…&uuid=…`. */
function endOfFirstTail(body: Buffer): number | undefined {
  let at = 0;
  for (const part of ['&createTs=', '&requestID=', '&uuid=']) {
    const found = body.indexOf(part, at, 'latin1');
    if (found === -1) return undefined;
    at = found + part.length;
  }
  return at;
}

/** Bytes of the message, if padding ends at `end`. */
function messageLength(body: Buffer, end: number, algorithm: Extendable['algorithm']): number {
  const at = end - LENGTH_FIELD;
  const [low, high] =
    algorithm === 'md5' ? [body.readUInt32LE(at), body.readUInt32LE(at + 4)] : [body.readUInt32BE(at + 4), body.readUInt32BE(at)];
  return (high * 2 ** 32 + low) / 8;
}

function isPadding(body: Buffer, start: number, end: number): boolean {
  const zeros = body.subarray(start + 1, end - LENGTH_FIELD);
  return start < end - LENGTH_FIELD && zeros.length < BLOCK && body[start] === 0x80 && zeros.every((byte) => byte === 0);
}
