/** A command or a reply. */
export type RespFrame = {
  readonly raw: Buffer;
  /** Sent by the server on its own (RESP3 `>`): answers no command. */
  readonly push: boolean;
};

export type RespReader = {
  /** The values completed by this chunk. @throws Error if it is not RESP2 or RESP3 */
  push(chunk: Buffer): RespFrame[];
};

const CRLF = '\r\n';
/** Simple string, error, number, null, boolean, double, big number: one line. */
const LINES = '+-:_#,(';
/** Bulk string, bulk error, verbatim string: a length and its bytes. */
const BULKS = '$!=';
/** Values per count: array, set, push; map, attribute. */
const AGGREGATES: Readonly<Record<string, number>> = { '*': 1, '~': 1, '>': 1, '%': 2, '|': 2 };

/**
 * https://redis.io/docs/latest/develop/reference/protocol-spec/. @param options.from a client may also send
 * inline commands
 */
export function createRespReader({ from }: { readonly from: 'client' | 'server' }): RespReader {
  let rest: Buffer = Buffer.alloc(0);
  const isInline = (bytes: Buffer, start: number) =>
    from === 'client' && start < bytes.length && bytes[start] !== '*'.charCodeAt(0);
  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const frames: RespFrame[] = [];
      let start = 0;
      for (;;) {
        const end = isInline(rest, start) ? endOfLine(rest, start) : endOf(rest, start);
        if (end === undefined) break;
        frames.push({ raw: rest.subarray(start, end), push: rest[start] === '>'.charCodeAt(0) });
        start = end;
      }
      rest = rest.subarray(start);
      return frames;
    },
  };
}

/** An array of bulk strings, or a line of words. */
export function readCommand(raw: Buffer): string[] {
  if (raw[0] !== '*'.charCodeAt(0)) return raw.toString().trim().split(/\s+/);
  const words: string[] = [];
  let at = raw.indexOf(CRLF) + CRLF.length;
  while (at < raw.length) {
    const lineEnd = raw.indexOf(CRLF, at);
    const start = lineEnd + CRLF.length;
    const length = Number(raw.toString('latin1', at + 1, lineEnd));
    words.push(raw.toString('utf8', start, start + length));
    at = start + length + CRLF.length;
  }
  return words;
}

function endOfLine(bytes: Buffer, start: number): number | undefined {
  const at = bytes.indexOf('\n', start);
  return at < 0 ? undefined : at + 1;
}

/** Undefined if the value is incomplete. */
function endOf(bytes: Buffer, start: number): number | undefined {
  const lineEnd = bytes.indexOf(CRLF, start);
  if (lineEnd < 0) return undefined;
  const type = String.fromCharCode(bytes[start] ?? 0);
  const next = lineEnd + CRLF.length;
  if (LINES.includes(type)) return next;
  const count = Number(bytes.toString('latin1', start + 1, lineEnd));
  if (!Number.isInteger(count)) throw new Error(`not RESP: ${JSON.stringify(bytes.toString('latin1', start, lineEnd))}`);
  if (BULKS.includes(type)) return endOfBulk(bytes, next, count);
  const each = AGGREGATES[type];
  if (each === undefined) throw new Error(`not RESP: a value of type ${JSON.stringify(type)}`);
  // Attributes come before their value.
  return endOfAll(bytes, next, count * each + (type === '|' ? 1 : 0));
}

/** Length -1 is RESP2's null. */
function endOfBulk(bytes: Buffer, start: number, length: number): number | undefined {
  if (length < 0) return start;
  const end = start + length + CRLF.length;
  return end <= bytes.length ? end : undefined;
}

function endOfAll(bytes: Buffer, start: number, count: number): number | undefined {
  let at: number | undefined = start;
  for (let left = count; left > 0 && at !== undefined; left -= 1) at = endOf(bytes, at);
  return at;
}
