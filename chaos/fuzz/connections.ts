import { connect } from 'node:net';
import { postCallback } from '@ringback/testkit/bare';
import type { Random } from '../random.ts';
import { SHAPES, type Shape } from './shapes.ts';

/** `reset`, `half-close`: after the last byte sent. `answer`: a reset at the answer's first byte. */
type Ending = 'reset' | 'half-close' | 'answer';

/** The first `length` bytes of a shape, in one piece or two. */
type Input = { readonly shape: Shape; readonly length: number; readonly pieces: 1 | 2; readonly ending: Ending };

export type ConnectionTrialsOptions = {
  readonly ingress: string;
  readonly admin: string;
  readonly inputs: number;
  readonly random: Random;
  readonly onProgress: (done: number) => void;
};

export type ConnectionTrialsResult = {
  readonly inputs: number;
  readonly perSecond: number;
  /** Beyond that, inputs repeat. */
  readonly different: number;
  readonly goodOnes: number;
  readonly problems: readonly string[];
};

const AT_ONCE = 128;
const ENDS_WITHIN_MS = 60_000;
const GOOD_ONE_EVERY = 500;
const MAX_PROBLEMS = 20;
const SENT_AGAIN = 20;
const PROGRESS_EVERY = 100_000;
const STATUSES = /^HTTP\/1\.1 (?:100|200|400|401|404|405|408|413|417|431|503) /;

/** Every shape, cut after every byte, with every ending. */
function allInputs(): Input[] {
  return SHAPES.flatMap((shape) => {
    const lengths = Array.from({ length: shape.bytes.length + 1 }, (_, length) => length);
    const cut = lengths.flatMap((length): Input[] =>
      ([1, 2] as const).flatMap((pieces): Input[] => [
        { shape, length, pieces, ending: 'reset' },
        { shape, length, pieces, ending: 'half-close' },
      ]),
    );
    return [...cut, { shape, length: shape.bytes.length, pieces: 1, ending: 'answer' }];
  });
}

/**
 * Many connections at once, in random order. Each must end with nothing but answers. Every five hundred, a
 * good callback must be acked. With few inputs it is a sample.
 */
export async function runConnectionTrials(options: ConnectionTrialsOptions): Promise<ConnectionTrialsResult> {
  const { inputs, random, onProgress } = options;
  const all = allInputs();
  const problems: string[] = [];
  const started = performance.now();
  let [begun, done, goodOnes] = [0, 0, 0];
  let order: Input[] = [];

  async function runSome(): Promise<void> {
    while (begun < inputs && problems.length < MAX_PROBLEMS) {
      begun += 1;
      if (order.length === 0) order = shuffled(all, random);
      const input = order.pop();
      if (!input) return;
      const problem = await tryOne(options, { input, from: begun });
      if (problem !== undefined) problems.push(problem);
      done += 1;
      if (done % PROGRESS_EVERY === 0) onProgress(done);
      if (done % GOOD_ONE_EVERY !== 0) continue;
      goodOnes += 1;
      const refused = await postGoodOne(options.ingress, `good-${done}`);
      if (refused !== undefined) problems.push(`a good callback after ${done} inputs: ${refused}`);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, runSome));
  const perSecond = Math.round((done / (performance.now() - started)) * 1000);
  return { inputs: done, perSecond, different: all.length, goodOnes, problems };
}

/** Undefined: acked. Sent again if only Redis was slow. */
async function postGoodOne(ingress: string, requestID: string): Promise<string | undefined> {
  for (let tries = 0; ; tries += 1) {
    const answer = await postCallback({ ingress, requestID }).catch(String);
    if (typeof answer === 'string') return answer;
    const { status, body } = answer;
    if (status === 200) return undefined;
    if (tries === SENT_AGAIN || !body.retMsg.startsWith('RB_QUEUE_UNAVAILABLE')) return `${status} ${body.retMsg}`;
  }
}

function shuffled<T>(all: readonly T[], random: Random): T[] {
  const order = [...all];
  for (const [at, one] of all.entries()) {
    const other = random.int(0, at);
    order[at] = order[other] ?? one;
    order[other] = one;
  }
  return order;
}

type Attempt = { readonly input: Input; readonly from: number };

function tryOne({ ingress, admin }: ConnectionTrialsOptions, { input, from }: Attempt): Promise<string | undefined> {
  const { shape, length, pieces, ending } = input;
  const { hostname, port } = new URL(shape.to === 'ingress' ? ingress : admin);
  const bytes = shape.bytes.subarray(0, length);
  const half = pieces === 1 ? length : Math.floor(length / 2);
  const described = `${shape.name}, ${ending} after ${length} bytes in ${pieces}`;
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), ...localAddress(from), allowHalfOpen: true });
    const timer = setTimeout(() => finish(`${described}: the connection stayed open for ${ENDS_WITHIN_MS} ms`), ENDS_WITHIN_MS);
    let problem: string | undefined;
    function finish(found?: string): void {
      problem ??= found;
      socket.resetAndDestroy();
    }
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(problem);
    });
    // The other side may close first.
    socket.on('error', ({ message }) => {
      if (!/ECONNRESET|EPIPE/.test(message)) problem ??= `${described}: ${message}`;
    });
    let isFirst = true;
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      if (isFirst && !STATUSES.test(text)) return finish(`${described}: ${JSON.stringify(text.slice(0, 200))}`);
      isFirst = false;
      if (ending === 'answer') finish();
    });
    socket.on('end', () => finish());
    socket.setNoDelay();
    socket.write(bytes.subarray(0, half), () => {
      const rest = bytes.subarray(half);
      if (ending === 'half-close') socket.end(rest);
      else if (ending === 'reset') socket.write(rest, () => finish());
      else socket.write(rest);
    });
  });
}

/** A closed connection blocks its port for a minute. On Linux each loopback address has its own ports. */
function localAddress(serial: number): { localAddress?: string } {
  return process.platform === 'linux' ? { localAddress: `127.0.0.${1 + (serial % 250)}` } : {};
}
