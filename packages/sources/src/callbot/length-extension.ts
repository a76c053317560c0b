/** MD5 and SHA-256 alike hash blocks of this many bytes, and append a bit of 1, zeros and the length in 8 bytes. */
const BLOCK = 64;
const LENGTH_FIELD = 8;

type Extendable = {
  readonly body: Buffer;
  /** Bytes of the signed message that precede the body. */
  readonly bytesBefore: number;
  readonly algorithm: 'md5' | 'sha256';
};

/**
 * Whether a correctly signed body may come from someone who does not know the secret. Whoever saw one callback can sign its
 * whole message + the padding that the hash appended to it + any text, which can only be presented as part of a body.
 * Only the one place and length that are right for the secret count. No JSON is suspected: it holds no NUL, as each padding does.
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

/** Where the first `&createTs=…&requestID=…&uuid=…` may end at the earliest. */
function endOfFirstTail(body: Buffer): number | undefined {
  let at = 0;
  for (const part of ['&createTs=', '&requestID=', '&uuid=']) {
    const found = body.indexOf(part, at, 'latin1');
    if (found === -1) return undefined;
    at = found + part.length;
  }
  return at;
}

/** The length, in bytes, of the message whose padding ends at `end`, if one does. */
function messageLength(body: Buffer, end: number, algorithm: Extendable['algorithm']): number {
  const at = end - LENGTH_FIELD;
  const [low, high] =
    algorithm === 'md5' ? [body.readUInt32LE(at), body.readUInt32LE(at + 4)] : [body.readUInt32BE(at + 4), body.readUInt32BE(at)];
  return (high * 2 ** 32 + low) / 8;
}

/** From `start` to the length field before `end`: 0x80, and zeros that fill a block and no more. */
function isPadding(body: Buffer, start: number, end: number): boolean {
  const zeros = body.subarray(start + 1, end - LENGTH_FIELD);
  return start < end - LENGTH_FIELD && zeros.length < BLOCK && body[start] === 0x80 && zeros.every((byte) => byte === 0);
}
