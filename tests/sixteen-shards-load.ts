import { setTimeout as pause } from 'node:timers/promises';
import { SAMPLE_ACCOUNT, sign, taskBody } from '@ringback/testkit/bare';
import { Pool } from 'undici';

/** Requests under way at each ingress: enough for batches of several callbacks in every shard. */
const SENDERS = 200;
/** How long a sender waits before it sends one again that was refused. ms. */
const REPEAT_MS = 500;

const body = taskBody({ taskStatus: 1 });

export type LoadOptions = {
  readonly ingresses: readonly string[];
  readonly count: number;
  /** Every so-many-th callback is sent twice. */
  readonly twice: number;
  /** Called after each ack, with how many callbacks have theirs. */
  readonly onAck: (acked: number) => void;
};

/** What was answered with 200, by requestID, and how often. */
export type Acked = ReadonlyMap<string, number>;

/** The provider: sends each callback to one of the ingresses until it is acked. @throws Error for another refusal than 503 */
export async function sendAll({ ingresses, count, twice, onAck }: LoadOptions): Promise<{ acked: Acked; refused: number }> {
  const pools = ingresses.map((url) => new Pool(url, { connections: SENDERS }));
  const acked = new Map<string, number>();
  const due = schedule(count, twice);
  let refused = 0;

  async function sendNext(): Promise<void> {
    for (let next = due.pop(); next !== undefined; next = due.pop()) {
      for (let attempt = next.at; !(await post(pools[attempt % pools.length], next.requestID)); attempt += 1) {
        refused += 1;
        await pause(REPEAT_MS);
      }
      acked.set(next.requestID, (acked.get(next.requestID) ?? 0) + 1);
      onAck(acked.size);
    }
  }

  try {
    await Promise.all(Array.from({ length: SENDERS * pools.length }, sendNext));
  } finally {
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
  return { acked, refused };
}

/** Last first. A duplicate comes right after its callback, to the other ingress: often both are under way at once. */
function schedule(count: number, twice: number): { requestID: string; at: number }[] {
  const due = Array.from({ length: count }, (_, index) => {
    const requestID = `story-${index}`;
    return [{ requestID, at: index }, ...(index % twice === 0 ? [{ requestID, at: index + 1 }] : [])];
  });
  return due.flat().toReversed();
}

async function post(pool: Pool | undefined, requestID: string): Promise<boolean> {
  const { uuid } = SAMPLE_ACCOUNT;
  const createTs = String(Math.floor(Date.now() / 1000));
  const headers = { 'content-type': 'application/json', requestId: requestID, uuid, createTs };
  const signed = { ...headers, sign: sign({ body, createTs, requestID, uuid }) };
  const answer = await pool?.request({ method: 'POST', path: '/callbot', headers: signed, body });
  await answer?.body.dump();
  if (answer?.statusCode === 200) return true;
  if (answer?.statusCode === 503 && answer.headers['retry-after'] !== undefined) return false;
  throw new Error(`${requestID} was answered with ${answer?.statusCode}`);
}
